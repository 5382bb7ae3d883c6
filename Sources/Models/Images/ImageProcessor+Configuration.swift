public import Foundation

extension ImageProcessor {
    /// Reads the image processor of a model folder: `image_processor` in `processor_config.json` if present, otherwise
    /// `preprocessor_config.json`.
    ///
    /// - Throws: ``ModelError`` naming the file and the key that is missing, wrong or not supported.
    public init(directory: URL) throws { try self.init(Self.configuration(inFolder: directory)) }

    /// The configuration of a model folder's image processor.
    static func configuration(inFolder directory: URL) throws -> ImageProcessorConfiguration {
        let composite = directory.appendingPathComponent("processor_config.json")
        if let json = try contents(composite),
            let nested = try ImageProcessorConfiguration(json: json, name: composite.path).nested("image_processor")
        {
            return nested
        }
        let plain = directory.appendingPathComponent("preprocessor_config.json")
        guard let json = try contents(plain) else {
            throw ModelError(
                .fileNotFound,
                "\(directory.path): expected preprocessor_config.json, or processor_config.json with image_processor; "
                    + "copy it from the model's original folder")
        }
        return try ImageProcessorConfiguration(json: json, name: plain.path)
    }

    /// Reads an image processor's configuration in either dialect; `name` is used in error messages.
    ///
    /// - Throws: ``ModelError`` naming the key that is missing, wrong or not supported.
    public init(configuration json: Data, name: String) throws {
        let outer = try ImageProcessorConfiguration(json: json, name: name)
        try self.init(outer.nested("image_processor") ?? outer)
    }

    private init(_ configuration: ImageProcessorConfiguration) throws {
        self.init()
        let family = try Self.family(configuration)
        try Self.refuseUnsupported(configuration)
        let normalization = try Self.normalization(configuration, family)
        convertsToRGB = try configuration.bool("do_convert_rgb") ?? family.convertsToRGB
        if try configuration.bool("do_pad") ?? false {
            guard family.padsToSquare else { throw Self.unsupported(configuration, "do_pad") }
            squarePadding = try Self.paddingColour(normalization.mean, configuration)
        }
        if try configuration.bool("do_resize") ?? true { resize = try Self.resize(configuration, family) }
        filter = try Self.filter(configuration) ?? family.filter
        if try configuration.bool("do_center_crop") ?? (family.crop != nil) {
            crop = try Self.crop(configuration, family)
        }
        if try configuration.bool("do_rescale") ?? true {
            rescaleFactor = try configuration.number("rescale_factor") ?? 1.0 / 255
        }
        if try configuration.bool("do_normalize") ?? true { self.normalization = normalization }
    }

    private static func contents(_ file: URL) throws -> Data? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try Data(contentsOf: file)
        } catch {
            throw ModelError(.fileNotFound, "\(file.path): the file cannot be read", cause: error)
        }
    }

    private static func family(_ configuration: ImageProcessorConfiguration) throws -> ImageProcessorFamily {
        let key = ["image_processor_type", "feature_extractor_type"].first { configuration[$0] != nil }
        guard let key, let type = try configuration.string(key) else {
            throw ModelError(
                .invalidConfiguration,
                "\(configuration.name): image_processor_type is missing; add it, for example \"CLIPImageProcessor\"")
        }
        if let family = ImageProcessorFamily.named(type) { return family }
        let known = ImageProcessorFamily.all.map(\.name).joined(separator: ", ")
        throw ModelError(
            .unsupported, "\(configuration.name): \(key): \"\(type)\" is not supported; expected one of \(known)")
    }

    private static let understood: Set<String> = [
        "do_pad", "do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb",
    ]

    /// Keys of other steps must not be ignored: the values would be wrong without a word.
    ///
    /// - Parameter more: keys that the processor understands besides those of all.
    static func refuseUnsupported(
        _ configuration: ImageProcessorConfiguration, understood more: Set<String> = []
    ) throws {
        for key in configuration.keys
        where key.hasPrefix("do_") && !understood.contains(key) && !more.contains(key) {
            if configuration[key] != .bool(false) { throw unsupported(configuration, key) }
        }
        if let format = configuration["data_format"], format != .string("channels_first") {
            throw unsupported(configuration, "data_format")
        }
    }

    private static func resize(
        _ configuration: ImageProcessorConfiguration, _ family: ImageProcessorFamily
    ) throws -> ImageTargetSize {
        guard let edges = try configuration.edges("size") else { return family.size }
        let isSquare = try configuration.bool("default_to_square") ?? family.defaultsToSquare
        guard let size = edges.targetSize(numberIsSquare: isSquare) else {
            throw unsupported(configuration, "size")
        }
        return size
    }

    private static func crop(
        _ configuration: ImageProcessorConfiguration, _ family: ImageProcessorFamily
    ) throws -> ImageCrop {
        guard let crop = try configuration.edges("crop_size").map({ $0.crop }) ?? family.crop else {
            throw unsupported(configuration, configuration["crop_size"] == nil ? "do_center_crop" : "crop_size")
        }
        return crop
    }

    static func filter(_ configuration: ImageProcessorConfiguration) throws -> ResampleFilter? {
        guard let code = try configuration.number("resample") else { return nil }
        guard let filter = Int(exactly: code).flatMap(ResampleFilter.init(rawValue:)) else {
            throw unsupported(configuration, "resample")
        }
        return filter
    }

    static func normalization(
        _ configuration: ImageProcessorConfiguration, _ family: ImageProcessorFamily
    ) throws -> ImageNormalization {
        let deviation = try configuration.channels("image_std") ?? family.normalization.deviation
        guard !deviation.contains(0) else {
            throw configuration.invalid("image_std", "numbers other than 0", .array(deviation.map { .double($0) }))
        }
        return ImageNormalization(
            mean: try configuration.channels("image_mean") ?? family.normalization.mean, deviation: deviation)
    }

    /// The mean as a colour, its fractions cut off.
    private static func paddingColour(
        _ mean: [Double], _ configuration: ImageProcessorConfiguration
    ) throws -> RGBColour {
        guard mean.allSatisfy((0...1).contains) else {
            throw configuration.invalid("image_mean", "0 to 1 with do_pad", .array(mean.map { .double($0) }))
        }
        return RGBColour(red: UInt8(mean[0] * 255), green: UInt8(mean[1] * 255), blue: UInt8(mean[2] * 255))
    }

    private static func unsupported(_ configuration: ImageProcessorConfiguration, _ key: String) -> ModelError {
        let value = configuration[key].map(\.description) ?? "unset"
        return ModelError(.unsupported, "\(configuration.name): \(key) = \(value) is not supported")
    }
}
