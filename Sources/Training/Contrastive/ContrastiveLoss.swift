import Models
import Tensors

/// The symmetric contrastive loss of some pairs (CLIP, arXiv:2103.00020), and its gradients: with S = eᵗ P Tᵀ of images
/// P and texts T, the mean of the cross-entropy of S's rows and that of its columns, each with the diagonal as labels.
struct ContrastiveLoss {
    /// Sum over the images of −log of the probability of their own text.
    let pictureToText: Double
    /// Sum over the texts of −log of the probability of their own image.
    let textToPicture: Double
    /// Gradient of the mean loss with respect to the embeddings.
    let gradient: PairEmbeddings
    /// Gradient of the mean loss with respect to t; `nil` if it does not train.
    let logitScale: Tensor?

    /// Sum over the pairs of the mean of both.
    var sum: Double { (pictureToText + textToPicture) / 2 }

    /// Computes loss and gradients; only some rows of S exist at a time.
    ///
    /// - Parameters:
    ///   - pairs: embeddings of length 1.
    ///   - logitScale: t.
    init(_ pairs: PairEmbeddings, logitScale t: Tensor) {
        let leaves = pairs.leaves
        let labels = Array(0..<Int32(pairs.count))
        let directions = [(leaves.pictures, leaves.texts), (leaves.texts, leaves.pictures)].map { query, key in
            query.scaled(byExponentialOf: t).crossEntropy(head: Projection(weight: key), labels: labels)
        }
        (pictureToText, textToPicture) = (Double(directions[0].values[0]), Double(directions[1].values[0]))
        let found = (directions[0] + directions[1]).backward(seed: 1 / (2 * Float(labels.count)))
        gradient = PairEmbeddings.gradients(of: leaves, in: found)
        logitScale = found[t]
    }
}
