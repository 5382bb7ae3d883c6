import Foundation

/// Idefics3's and SmolVLM's image processor: an image is resized to a multiple of the tile's size and cut into tiles; the whole
/// image, squeezed into one tile more, comes last.
///
/// Equal to the Pillow-backed processors of transformers for the same configuration. Tiles have one size, so `do_pad` has nothing
/// to do.
struct Idefics3ImageProcessor: Sendable {
    /// What the image is resized to before it is cut; `nil` leaves its size.
    private let size: Size?
    /// Height and width of a tile: `max_image_size`.
    let tileSize: Int
    private let splits: Bool
    /// Resamples, and makes pixel values of samples.
    private let pixels: ImageProcessor

    private enum Size: Equatable {
        case longestEdge(Int)
        case exact(height: Int, width: Int)
    }

    /// No edge becomes longer than this.
    private static let longestEdge = 4_096

    private static let names = ["Idefics3ImageProcessor", "SmolVLMImageProcessor"]
    private static let family = ImageProcessorFamily(
        name: "Idefics3ImageProcessor", size: .shortestEdge(1), filter: .lanczos,
        normalization: ImageNormalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))

    /// Reads the image processor of a model folder.
    ///
    /// - Throws: ``ModelError`` naming the file and the key that is missing, wrong or not supported.
    init(directory: URL) throws { try self.init(ImageProcessor.configuration(inFolder: directory)) }

    init(_ configuration: ImageProcessorConfiguration) throws {
        let key = "image_processor_type"
        let type = try configuration.string(key) ?? ""
        guard Self.names.contains(where: { type.hasPrefix($0) }) else {
            throw ModelError(
                .unsupported,
                "\(configuration.name): \(key) is \"\(type)\", expected one of \(Self.names.joined(separator: ", "))")
        }
        try ImageProcessor.refuseUnsupported(configuration, understood: ["do_image_splitting"])
        var pixels = ImageProcessor()
        let normalization = try ImageProcessor.normalization(configuration, Self.family)
        pixels.convertsToRGB = try configuration.bool("do_convert_rgb") ?? true
        pixels.filter = try ImageProcessor.filter(configuration) ?? .lanczos
        if try configuration.bool("do_rescale") ?? true {
            pixels.rescaleFactor = try configuration.number("rescale_factor") ?? 1.0 / 255
        }
        if try configuration.bool("do_normalize") ?? true { pixels.normalization = normalization }
        self.pixels = pixels
        splits = try configuration.bool("do_image_splitting") ?? true
        size = try configuration.bool("do_resize") ?? true ? Self.size(configuration) : nil
        tileSize = try Self.tileSize(configuration)
    }

    private static func size(_ configuration: ImageProcessorConfiguration) throws -> Size {
        let edges = try configuration.edges("size") ?? .named(["longest_edge": 4 * 364])
        if case .named(let named) = edges {
            if named.count == 1, let edge = named["longest_edge"] { return .longestEdge(edge) }
            if named.count == 2, let height = named["height"], let width = named["width"] {
                return .exact(height: height, width: width)
            }
        }
        throw configuration.invalid("size", "{longest_edge} or {height, width}", configuration["size"] ?? .null)
    }

    private static func tileSize(_ configuration: ImageProcessorConfiguration) throws -> Int {
        let key = "max_image_size"
        guard let edges = try configuration.edges(key) else { return 364 }
        guard case .named(let named) = edges, named.count == 1, let edge = named["longest_edge"] else {
            throw configuration.invalid(key, "{longest_edge}", configuration[key] ?? .null)
        }
        return edge
    }

    /// The most tiles along an edge of an image.
    var mostTilesAlongEdge: Int {
        guard splits else { return 0 }
        let longest =
            switch size {
            case .longestEdge(let edge): min(edge + 1, Self.longestEdge)
            case .exact(let height, let width): max(height, width)
            case nil: Self.longestEdge
            }
        return (longest + tileSize - 1) / tileSize
    }

    var cacheKey: String {
        let resize =
            switch size {
            case .longestEdge(let edge): "longest:\(edge)"
            case .exact(let height, let width): "\(height)x\(width)"
            case nil: "none"
            }
        return "idefics3-v1;\(pixels.cacheKey);filter=\(pixels.filter);size=\(resize);tile=\(tileSize);split=\(splits)"
    }

    func cacheKey(forImage file: Data) -> String {
        pixels.cacheKey(forImage: file) == pixels.cacheKey ? cacheKey : cacheKey + ";transparent-colour=white"
    }

    /// Rows and columns of tiles of an image of a size; both 0 if it is not cut.
    ///
    /// - Throws: ``ModelError`` if the image would become too large, or nothing.
    func grid(width: Int, height: Int) throws -> (rows: Int, columns: Int) {
        let last = try sizes(width: width, height: height).last ?? (height: tileSize, width: tileSize)
        guard last.height > tileSize || last.width > tileSize else { return (0, 0) }
        return (last.height / tileSize, last.width / tileSize)
    }

    /// The tiles' pixel values, row by row, then those of the image as a whole.
    ///
    /// - Throws: ``ModelError`` if the image would become too large, or nothing.
    func callAsFunction(_ image: RGBImage) throws -> [PixelValues] {
        let grid = try grid(width: image.width, height: image.height)
        var image = pixels.convertsToRGB ? image.withTransparentColourOnWhite() : image
        for size in try sizes(width: image.width, height: image.height) {
            image = image.resized(width: size.width, height: size.height, filter: pixels.filter)
        }
        let target = ImageCrop(height: tileSize, width: tileSize)
        var tiles = (0..<grid.rows).flatMap { row in
            (0..<grid.columns).map { image.cropped(top: row * tileSize, left: $0 * tileSize, size: tileSize) }
        }
        tiles.append(
            tiles.isEmpty ? image : image.resized(width: tileSize, height: tileSize, filter: pixels.filter))
        return tiles.map { pixels.planes(of: $0, in: target, top: 0, left: 0) }
    }

    /// The sizes that an image of a size gets, one after the other.
    private func sizes(width: Int, height: Int) throws -> [(height: Int, width: Int)] {
        var sizes: [(height: Int, width: Int)] = []
        switch size {
        case .longestEdge(let edge): sizes.append(Self.scaled(height: height, width: width, longest: edge))
        case .exact(let height, let width): sizes.append((height, width))
        case nil: break
        }
        let current = sizes.last ?? (height: height, width: width)
        sizes.append(
            splits ? tiled(height: current.height, width: current.width) : (height: tileSize, width: tileSize))
        for size in sizes {
            let name = "a \(width)×\(height) image resized to \(size.width)×\(size.height)"
            guard size.width > 0, size.height > 0 else {
                throw ModelError(.invalidInput, "\(name): nothing is left of it; remove this image or crop it")
            }
            try ImageLimits().check(width: size.width, height: size.height, name: name)
        }
        return sizes
    }

    /// The longer edge as long as wanted, the other one even, unless that were beyond the limit of all.
    private static func scaled(height: Int, width: Int, longest: Int) -> (height: Int, width: Int) {
        let ratio = Double(width) / Double(height)
        var size = (height: longest, width: longest)
        if width >= height {
            size.height = Int(Double(longest) / ratio)
            size.height += size.height % 2
        } else {
            size.width = Int(Double(longest) * ratio)
            size.width += size.width % 2
        }
        size = (max(size.height, 1), max(size.width, 1))
        let bounded = Double(size.width) / Double(size.height)
        if size.width >= size.height, size.width > longestEdge {
            size = (Int(Double(longestEdge) / bounded), longestEdge)
        } else if size.height > size.width, size.height > longestEdge {
            size = (longestEdge, Int(Double(longestEdge) * bounded))
        }
        return (max(size.height, 1), max(size.width, 1))
    }

    /// Both edges multiples of the tile's, the longer one's choice first.
    private func tiled(height: Int, width: Int) -> (height: Int, width: Int) {
        let ceiled = { (length: Int) in (length + tileSize - 1) / tileSize * tileSize }
        let ratio = Double(width) / Double(height)
        if width >= height {
            let newWidth = ceiled(width)
            return (ceiled(Int(Double(newWidth) / ratio)), newWidth)
        }
        let newHeight = ceiled(height)
        return (newHeight, ceiled(Int(Double(newHeight) * ratio)))
    }
}

extension RGBImage {
    /// A square part of the image.
    fileprivate func cropped(top: Int, left: Int, size: Int) -> RGBImage {
        var samples: [UInt8] = []
        samples.reserveCapacity(3 * size * size)
        for y in top..<top + size {
            let start = 3 * (y * width + left)
            samples += pixels[start..<start + 3 * size]
        }
        return RGBImage(width: size, height: size, pixels: samples)
    }
}
