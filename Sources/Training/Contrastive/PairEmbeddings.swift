import Adapters
import Models
import Tensors

/// The embeddings of pairs of an image and a text: row i of both is pair i.
struct PairEmbeddings: Sendable {
    /// [pairs, d].
    let pictures: Tensor
    /// [pairs, d].
    let texts: Tensor

    /// Embeds the pairs of a batch.
    ///
    /// - Parameter known: the same pairs embedded before, for what does not train.
    /// - Throws: `TrainingError` if there is not one image for each text.
    init(_ model: any ContrastiveModel, _ batch: PackedBatch, known: PairEmbeddings? = nil) throws {
        let count = batch.boundaries.count - 1
        guard let pixels = batch.tiles, pixels.shape[0] == count else {
            throw TrainingError(
                .invalidDataset, "\(batch.tiles?.shape[0] ?? 0) images for \(count) texts: each text needs one")
        }
        let (oldPictures, oldTexts) = (
            model.trainsPictures ? nil : known?.pictures, model.trainsTexts ? nil : known?.texts
        )
        pictures = oldPictures ?? model.pictureEmbeddings(pixels)
        texts = oldTexts ?? model.textEmbeddings(batch.tokens, boundaries: batch.boundaries)
    }

    private init(pictures: Tensor, texts: Tensor) {
        self.pictures = pictures
        self.texts = texts
    }

    /// Pairs one after another, without their place in the graph.
    init(joining parts: [PairEmbeddings]) {
        self.init(
            pictures: Tensor(joiningRows: parts.map(\.pictures)), texts: Tensor(joiningRows: parts.map(\.texts)))
    }

    /// How many pairs.
    var count: Int { pictures.rows }

    /// The same numbers as leaves that gradients are computed for.
    var leaves: PairEmbeddings {
        PairEmbeddings(pictures: pictures.detached.trainable(), texts: texts.detached.trainable())
    }

    /// Gradients of leaves.
    static func gradients(of leaves: PairEmbeddings, in found: Gradients) -> PairEmbeddings {
        PairEmbeddings(
            pictures: found[leaves.pictures] ?? Tensor(zeros: leaves.pictures.shape),
            texts: found[leaves.texts] ?? Tensor(zeros: leaves.texts.shape))
    }

    /// Some of the pairs. Constants only.
    func rows(_ range: Range<Int>) -> PairEmbeddings {
        PairEmbeddings(pictures: pictures.rows(range), texts: texts.rows(range))
    }

    /// Gradients of the parameters from those of the embeddings.
    func backward(_ upstream: PairEmbeddings, to weights: AdapterWeights) -> StepGradients {
        let first = pictures.backward(upstream: upstream.pictures)
        let second = texts.backward(upstream: upstream.texts)
        let gradients = weights.parameters.map { parameter -> Tensor? in
            guard let one = first[parameter.tensor] else { return second[parameter.tensor] }
            return second[parameter.tensor].map { one.sum(adding: $0) } ?? one
        }
        return StepGradients(gradients, loss: 0)
    }
}

extension Tensor {
    /// Rows of float32 tensors of one width, one part after another: a constant.
    fileprivate init(joiningRows parts: [Tensor]) {
        let width = parts.first?.columns ?? 0
        self.init(parts.flatMap(\.values), shape: [parts.reduce(0) { $0 + $1.rows }, width])
    }
}
