import Crypto
import Foundation
import Tensors

/// The order in which an update's numbers stand in the vector that is masked: tensor by tensor as their names ascend, and
/// at the end, where it travels along, the loss.
struct UpdateLayout: Equatable, Sendable {
    /// The loss that the end of the scale stands for; higher ones count as this.
    static let highestLoss = 32.0

    let keys: [String]
    let shapes: [[Int]]
    let carriesLoss: Bool

    /// The layout of updates with these tensors.
    init(_ tensors: StateDict, carriesLoss: Bool) {
        keys = tensors.names.sorted()
        shapes = keys.map { tensors[$0]?.shape ?? [] }
        self.carriesLoss = carriesLoss
    }

    /// The numbers of an update.
    var valueCount: Int { shapes.reduce(carriesLoss ? 1 : 0) { $0 + $1.reduce(1, *) } }

    /// SHA-256 of names, shapes, and whether there is a loss.
    var digest: Data {
        var hash = SHA256()
        for (key, shape) in zip(keys, shapes) {
            hash.update(data: Data("\(key.utf8.count):\(key)\(shape)".utf8))
        }
        hash.update(data: Data([carriesLoss ? 1 : 0]))
        return Data(hash.finalize())
    }

    /// What an update adds to the state that it started from.
    ///
    /// - Throws: `FederationError.invalidUpdate` where a tensor is missing or has another shape there.
    func difference(_ update: StateDict, from base: StateDict) throws -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(valueCount)
        for (key, shape) in zip(keys, shapes) {
            guard let after = update[key], let before = base[key], after.shape == shape, before.shape == shape else {
                throw FederationError(
                    .invalidUpdate, "\(key) is not in the state that the round began with as \(shape)")
            }
            after.withFloats { after in
                before.withFloats { before in for index in after.indices { values.append(after[index] - before[index]) }
                }
            }
        }
        return values
    }

    /// The tensors that a vector's numbers stand for.
    func tensors(_ values: [Float]) -> StateDict {
        var start = 0
        return StateDict(
            zip(keys, shapes).map { key, shape in
                let count = shape.reduce(1, *)
                defer { start += count }
                return (key, Tensor(Array(values[start..<start + count]), shape: shape))
            })
    }

    /// A loss as a value of the vector, in units of the clip.
    static func share(ofLoss loss: Double) -> Double {
        loss.isFinite ? min(max(loss, 0), highestLoss) / highestLoss : 1
    }
}
