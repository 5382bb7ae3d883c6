import Foundation
import Models
import Tensors
import Testing

@Suite("What holds for every family that continues texts")
struct FamilyLawTests {
    @Test("A row has the logits that it has alone, whatever is packed beside it", arguments: FamilyCase.all)
    func packing(family: FamilyCase) throws {
        let model = try family.model()
        let rows = family.rows(model)
        let together = model.logits(PackedBatch(rows))
        var start = 0
        for row in rows {
            let alone = model.logits(PackedBatch([row]))
            #expect(distance(together.rows(start..<start + row.tokens.count), alone) < 1e-5)
            start += row.tokens.count
        }
    }

    @Test("No token sees a later one", arguments: FamilyCase.all)
    func causality(family: FamilyCase) throws {
        let model = try family.model()
        var row = family.rows(model)[0]
        let before = model.logits(PackedBatch([row]))
        let last = row.tokens.count - 1
        row.tokens[last] = row.tokens[last] == 4 ? 5 : 4
        let after = model.logits(PackedBatch([row]))
        #expect(distance(after.rows(0..<last), before.rows(0..<last)) < 1e-6)
        #expect(distance(after.rows(last..<last + 1), before.rows(last..<last + 1)) > 1e-4)
    }

    @Test("Every token after a picture depends on it, and none before it", arguments: FamilyCase.all)
    func pictures(family: FamilyCase) throws {
        let model = try family.model()
        var row = family.rows(model)[2]
        let before = model.logits(PackedBatch([row]))
        row.images[1] = Tensor(row.images[1].values.map { 1 - $0 }, shape: row.images[1].shape)
        let after = model.logits(PackedBatch([row]))
        // Two tokens, the first picture, one token, the second picture.
        let first = 3 + model.featureCount(of: row.images[0])
        #expect(distance(after.rows(0..<first), before.rows(0..<first)) < 1e-6)
        let end = row.tokens.count
        #expect(distance(after.rows(end - 1..<end), before.rows(end - 1..<end)) > 1e-6)
    }

    @Test("Some rows' hidden states are those of all", arguments: FamilyCase.all)
    func wantedRows(family: FamilyCase) throws {
        let model = try family.model()
        let batch = PackedBatch(family.rows(model))
        let all = model.hiddenStates(batch, of: batch.tokens.indices.map(Int32.init), checkpointing: false)
        let wanted = batch.targets.rows
        let some = model.hiddenStates(batch, of: wanted, checkpointing: false).rows(0..<wanted.count)
        #expect(distance(some, all.gathered(wanted, as: some.dtype)) < 1e-5)
    }

    @Test("What frozen layers make of the pictures stands for the pictures", arguments: FamilyCase.all)
    func features(family: FamilyCase) throws {
        let model = try family.model()
        let rows = family.rows(model)
        let features = try rows.flatMap(\.images).map { try #require(model.frozenFeatures($0)) }
        let kept = PackedBatch(sequences: rows.map { ($0.tokens, $0.labels) }, features: features)
        #expect(distance(model.logits(kept), model.logits(PackedBatch(rows))) < 1e-5)
    }

    @Test("The loss is that of the logits' softmax at the next supervised token", arguments: FamilyCase.all)
    func loss(family: FamilyCase) throws {
        let model = try family.model()
        let batch = PackedBatch(family.rows(model))
        let (logits, words) = (model.logits(batch).values, model.vocabularySize)
        var expected = 0.0
        for (start, end) in zip(batch.boundaries, batch.boundaries.dropFirst()) {
            for token in start + 1..<end where batch.labels[token] != PackedBatch.unsupervised {
                let scores = logits[(token - 1) * words..<token * words].map(Double.init)
                let highest = scores.max() ?? 0
                expected +=
                    highest + log(scores.reduce(0) { $0 + exp($1 - highest) }) - scores[Int(batch.labels[token])]
            }
        }
        #expect(abs(Double(Tensor.withoutGraph { model.loss(batch) }.values[0]) - expected) < 1e-4 * expected)
        #expect(abs(model.scored(batch).loss - expected) < 1e-4 * expected)
    }

    @Test(
        "The gradient of a parameter of every kind is the slope of the loss", arguments: FamilyCase.all,
        FamilyCase.paths)
    func slope(family: FamilyCase, path: String) throws {
        let folder = try family.folder()
        guard let stored = folder.checkpoint[path], try !isUnused(path, of: family) else { return }
        let values = stored.converted(to: .float32)
        let batch = PackedBatch(family.rows(try family.model()))
        let trained = Tensor(values.values, shape: values.shape).trainable()
        let gradients = try family.model(OneTrained(path: path, values: trained)).loss(batch).backward()
        let gradient = try #require(gradients[trained])

        // Along the gradient itself, so that the slope is as steep as can be.
        let norm = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let size = values.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let step = Float(0.001 * max(size, 0.1) / norm)
        let losses = try [step, -step].map { step in
            let moved = Tensor(zip(values.values, gradient.values).map { $0 + step * $1 }, shape: values.shape)
            let model = try family.model(OneTrained(path: path, values: moved))
            return Double(Tensor.withoutGraph { model.loss(batch) }.values[0])
        }
        let slope = (losses[0] - losses[1]) / (2 * Double(step))
        #expect(abs(slope - norm * norm) < 0.02 * norm * norm, "\(path): \(slope) beside \(norm * norm)")
    }

    /// Layers above the deepest feature that is used.
    private func isUnused(_ path: String, of family: FamilyCase) throws -> Bool {
        try family.model().unusedModules.contains { path.hasPrefix($0 + ".") }
    }

    @Test("Layers that are computed again give the same gradients", arguments: FamilyCase.all)
    func checkpointing(family: FamilyCase) throws {
        for path in FamilyCase.paths {
            guard let stored = try family.folder().checkpoint[path], try !isUnused(path, of: family) else { continue }
            let gradients = try [false, true].map { checkpointing -> Tensor in
                let trained = Tensor(stored.values, shape: stored.shape).trainable()
                let model = try family.model(OneTrained(path: path, values: trained))
                let batch = PackedBatch(family.rows(model))
                return try #require(model.loss(batch, checkpointing: checkpointing).backward()[trained])
            }
            // Where several layers' features are joined, their gradients are added in another order.
            #expect(distance(gradients[1], gradients[0]) < 1e-5, "\(path)")
        }
    }
}
