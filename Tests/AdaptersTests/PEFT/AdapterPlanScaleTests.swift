import Foundation
import Models
import Testing

@testable import Adapters

@Suite("A plan for a model of 7 billion parameters")
struct AdapterPlanScaleTests {
    private let modules: [ModuleDescription] = {
        var modules: [ModuleDescription] = [.init(path: "model.language_model.layers", kind: .list)]
        for layer in 0..<80 {
            let path = "model.language_model.layers.\(layer)"
            modules.append(.init(path: path, kind: .other))
            for name in ["q", "k", "v", "o", "gate", "up", "down"] {
                let weight = ModuleDescription.Parameter("weight", [4096, 4096])
                modules.append(.init(path: "\(path).block.\(name)_proj", kind: .linear, parameters: [weight]))
            }
        }
        return modules
    }()

    @Test("takes well under a second, for endings, whole paths and patterns", arguments: 0..<3)
    func isQuick(_ way: Int) throws {
        var configuration = AdapterConfiguration()
        configuration.targetModules =
            [
                .allLinear, .pattern(#".*layers\.\d+\.block\.(q|k|v|o|gate|up|down)_proj"#),
                .names(modules.filter { $0.kind == .linear }.map(\.path)),
            ][way]
        var plan: AdapterPlan?
        let start = processorSeconds
        plan = try AdapterPlan(configuration: configuration, modules: modules)
        #expect(plan?.linears.count == 560)
        #expect(processorSeconds - start < 5)
    }

    /// What this thread has had of a processor: a busy machine does not change it.
    private var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}
