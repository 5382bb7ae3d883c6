public import Models

/// Whether a model accepts the output of an image processor.
public struct PictureFit: Sendable {
    private let layout: any ImageLayout

    /// Creates a check.
    ///
    /// - Parameter name: The model's name in error messages.
    /// - Throws: `TrainingError` if the model cannot take any image of the processor.
    public init(_ layout: any ImageLayout, name: String) throws {
        self.layout = layout
        if let reason = layout.mismatch {
            throw TrainingError(.invalidConfiguration, "\(name): \(reason)")
        }
    }

    /// Why the model cannot take an image of a size; `nil` if it can.
    func reason(against picture: Picture, width: Int, height: Int) -> String? {
        do {
            _ = try layout.plan(width: width, height: height)
            return nil
        } catch {
            return "the image \(picture) cannot be used: \(error)"
        }
    }
}
