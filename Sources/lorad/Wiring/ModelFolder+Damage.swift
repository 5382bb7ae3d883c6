import Foundation
import Models
import Training

extension ModelFolder {
    /// Calls `body`. If values are not finite, checks whether the weights contain such values.
    ///
    /// - Throws: what `body` throws, or `TrainingError.corruptFile` naming the weight.
    func namingDamage<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TrainingError where error.code == .diverged {
            guard let name = checkpoint.firstNonFinite() else { throw error }
            throw TrainingError(
                .corruptFile, "\(url.path): the weight \(name) contains NaN or infinite values: copy the model again",
                cause: error)
        }
    }
}
