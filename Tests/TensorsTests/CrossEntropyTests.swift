import Testing

@testable import Tensors

@Suite("Scored rows")
struct CrossEntropyTests {
    @Test("hit where the label is the most probable word, of equal ones the first")
    func hits() {
        let head = Projection(weight: Tensor([1, 0, 0, 1, 0, 0], shape: [3, 2]))
        let hidden = Tensor([5, 1, 0, 0, 0, 0, 1, 1], shape: [4, 2])
        #expect(hidden.scored(head: head, labels: [0, 0, 2, 1]).hits == [true, true, false, false])
    }
}
