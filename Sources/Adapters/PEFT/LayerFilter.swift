/// `layers_to_transform` and `layers_pattern`: which indices of a list of layers are meant.
struct LayerFilter {
    private let indices: Set<Int>
    private let patterns: [PythonPattern]

    /// Nil if the configuration names no layers.
    init?(_ configuration: AdapterConfiguration) throws {
        guard !configuration.layersToTransform.isEmpty else { return nil }
        indices = Set(configuration.layersToTransform)
        // Without a pattern the first numbered part counts; greed would find an expert's index inside a layer.
        let sources =
            configuration.layersPattern.isEmpty
            ? [#".*?\.[^.]*\.(\d+)\."#]
            : configuration.layersPattern.map { #"(?:^|.*?\.)"# + $0 + #"\.(\d+)\."# }
        patterns = try sources.map { try PythonPattern($0, setting: "layers_pattern") }
    }

    func matches(_ path: String) -> Bool {
        for pattern in patterns where pattern.matchesPrefix(path) {
            return pattern.lastCapture(in: path).flatMap { Int($0) }.map(indices.contains) ?? false
        }
        return false
    }
}
