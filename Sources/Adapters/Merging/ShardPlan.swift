import Tensors

/// How tensors are spread over files: in their order, each file as full as it may be.
struct ShardPlan {
    /// The file names, each with its tensors.
    let files: [(name: String, tensors: [PendingTensor])]

    /// Fills files up to `limit` bytes of tensors; a larger tensor has one for itself.
    init(_ tensors: [PendingTensor], limit: Int) {
        var groups: [[PendingTensor]] = []
        var size = 0
        for tensor in tensors {
            if groups.isEmpty || size + tensor.byteCount > limit {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(tensor)
            size += tensor.byteCount
        }
        let count = groups.count
        files = groups.enumerated().map { index, group in
            (
                count == 1
                    ? "model.safetensors" : "model-\(Self.digits(index + 1))-of-\(Self.digits(count)).safetensors",
                group
            )
        }
    }

    private static func digits(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
}
