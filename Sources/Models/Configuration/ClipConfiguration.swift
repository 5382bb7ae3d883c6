/// A CLIP model (arXiv:2103.00020): a vision tower and a text tower that meet in one space.
public struct ClipConfiguration: Sendable, Equatable {
    /// The vision tower.
    public var vision: VisionConfiguration
    /// The text tower.
    public var text: TextTowerConfiguration
    /// Length of an embedding.
    public var projectionSize: Int

    /// Reads a `config.json`, in the dialect of transformers 4 or 5.
    ///
    /// The first configurations have `text_config_dict` and `vision_config_dict` too, which transformers prefers.
    public init(_ reader: ConfigurationReader) throws {
        let section = { (name: String) in
            try reader.section(reader.has("\(name)_dict") ? "\(name)_dict" : name)
        }
        vision = try VisionConfiguration(section("vision_config"))
        text = try TextTowerConfiguration(section("text_config"))
        projectionSize = try reader.size("projection_dim", default: 512)
    }
}
