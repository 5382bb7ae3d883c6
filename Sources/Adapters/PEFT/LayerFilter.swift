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
            ? [(written: "", source: #".*?\.[^.]*\.(\d+)\."#)]
            : configuration.layersPattern.map { (written: $0, source: #"(?:^|.*?\.)"# + $0 + #"\.(\d+)\."#) }
        let allowance = LimitedExpression.Allowance()
        patterns = try sources.map {
            try PythonPattern($0.source, setting: "layers_pattern", written: $0.written, allowance: allowance)
        }
    }

    func matches(_ path: String) throws -> Bool {
        for pattern in patterns where try pattern.matchesPrefix(path) {
            return try pattern.lastCapture(in: path).flatMap { Int($0) }.map(indices.contains) ?? false
        }
        return false
    }
}
