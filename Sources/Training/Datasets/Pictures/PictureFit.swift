public import Models

/// Whether a model can take what an image processor makes of images.
public struct PictureFit: Sendable {
    private let layout: any ImageLayout

    /// Creates a check.
    ///
    /// - Parameter name: What an error calls the model.
    /// - Throws: `TrainingError` if the processor makes of every image what the model cannot take.
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
