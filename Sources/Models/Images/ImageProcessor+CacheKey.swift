public import Foundation

extension ImageProcessor {
    /// ``cacheKey``, marked if this processor makes a colour of the given image file white. Keys of all other images are
    /// as they were before that colour was looked at, so caches keep their entries.
    public func cacheKey(forImage file: Data) -> String {
        let isMarked = convertsToRGB && PNGTransparentColour.find(in: file) != nil
        return isMarked ? cacheKey + ";transparent-colour=white" : cacheKey
    }

    /// A canonical description for caches of what was computed from pixel values: equal processors have equal keys, and
    /// the leading version changes whenever the same configuration would give other values. How the image was read
    /// (``AlphaTreatment``) is not part of it.
    public var cacheKey: String {
        let parts: [String?] = [
            "pixels-v1",
            squarePadding.map { "pad=\(Self.list([$0.red, $0.green, $0.blue]))" },
            resize.map { "resize=\(Self.describe($0))/\(filter)" },
            crop.map { "crop=\($0.height)x\($0.width)" },
            rescaleFactor.map { "rescale=\($0)" },
            normalization.map { "normalize=\(Self.list($0.mean))/\(Self.list($0.deviation))" },
        ]
        return parts.compactMap { $0 }.joined(separator: ";")
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ",")
    }

    private static func describe(_ size: ImageTargetSize) -> String {
        switch size {
        case .exact(let height, let width): "\(height)x\(width)"
        case .shortestEdge(let edge): "shortest:\(edge)"
        case .edges(let shortest, let longest): "shortest:\(shortest),longest:\(longest)"
        }
    }
}
