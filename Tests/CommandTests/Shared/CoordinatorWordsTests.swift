import Federation
import Foundation
import Testing
import Training

@testable import lorad

@Suite("What a coordinator says")
struct CoordinatorWordsTests {
    private static let limits = WorkLimits(vocabularySize: 100, imageToken: 9, tokensPerImage: 3, maxLength: 64)

    private func steps(_ count: Int) throws -> Int? {
        let instructions = LocalInstructions(options: StretchOptions(seed: 1), steps: count)
        guard case .local(let read) = try SharedWork(SharedWork.local(instructions).data(), limits: Self.limits) else {
            return nil
        }
        return read.steps
    }

    @Test("of local steps is refused where no stretch has so many")
    func localSteps() throws {
        for count in [1, StretchPlan.maxSteps] { #expect(try steps(count) == count) }
        for count in [Int.min, -1, 0, StretchPlan.maxSteps + 1, Int.max] {
            let error = #expect(throws: TrainingError.self) { try steps(count) }
            #expect(error?.message.contains("local training of \(count) steps") == true, "\(error?.message ?? "")")
        }
    }

    @Test("of rounds and steps is refused where they cannot be multiplied")
    func plannedSteps() throws {
        #expect(try OwnData.product(3, 4) == 12)
        let error = #expect(throws: CommandError.self) { try OwnData.product(Int.max, 2) }
        #expect(error?.description.contains("more than lorad can count") == true)
    }

    @Test("of files' sizes is refused where they cannot be added up")
    func fileSizes() throws {
        let blob = try BlobID(bytes: Data(count: 32))
        func files(_ sizes: Int...) -> [CoordinatorOptions.File] {
            sizes.map { CoordinatorOptions.File(name: "model.safetensors", blob: blob, size: $0) }
        }
        #expect(try WorkerRun.byteCount(of: files(1, 2, Int.max - 3)) == Int.max)
        let error = #expect(throws: CommandError.self) { try WorkerRun.byteCount(of: files(Int.max, 1)) }
        #expect(error?.description.contains("larger in total than any machine can store") == true)
    }
}
