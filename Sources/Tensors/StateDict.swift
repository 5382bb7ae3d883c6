/// Named tensors in a fixed order. The two halves of lorad exchange them, and safetensors files store them.
public struct StateDict: Sendable {
    /// The names, in order.
    public private(set) var names: [String] = []
    private var byName: [String: Tensor] = [:]

    /// An empty dictionary.
    public init() {}

    /// The tensors in the given order; of equal names the last one stays.
    public init(_ entries: some Sequence<(String, Tensor)>) {
        for (name, tensor) in entries { self[name] = tensor }
    }

    /// The tensor of a name; a new name goes to the end.
    public subscript(name: String) -> Tensor? {
        get { byName[name] }
        set {
            if newValue == nil { names.removeAll { $0 == name } }
            if newValue != nil, byName[name] == nil { names.append(name) }
            byName[name] = newValue
        }
    }

    /// Names and tensors in order.
    public var entries: [(name: String, tensor: Tensor)] {
        names.compactMap { name in byName[name].map { (name, $0) } }
    }

    /// Number of tensors.
    public var count: Int { names.count }
}
