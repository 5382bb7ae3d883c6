import Models
import Testing

@testable import Adapters

@Suite("Matching a module path")
struct ModuleMatcherTests {
    private func verdict(_ path: String, _ targets: [String], _ change: (inout AdapterConfiguration) -> Void) throws
        -> ModuleMatcher.Verdict
    {
        var configuration = AdapterConfiguration()
        change(&configuration)
        return try ModuleMatcher(configuration, targets: .names(targets)).verdict(path)
    }

    @Test("takes a name as a whole path or as its last parts, never as part of a word")
    func names() throws {
        #expect(try verdict("a.q_proj", ["q_proj"]) { _ in } == .targeted)
        #expect(try verdict("q_proj", ["q_proj"]) { _ in } == .targeted)
        #expect(try verdict("a.q_proj", ["proj"]) { _ in } == .unmatched)
        #expect(try verdict("a.q_proj.b", ["q_proj"]) { _ in } == .unmatched)
    }

    @Test("excludes before it targets, and everything inside a saved module")
    func exclusions() throws {
        #expect(try verdict("a.q", ["q"]) { $0.excludeModules = .names(["q"]) } == .excluded)
        #expect(try verdict("a.q", ["q"]) { $0.excludeModules = .pattern("q") } == .targeted)
        #expect(try verdict("a.q", ["q"]) { $0.excludeModules = .pattern("a.*") } == .excluded)
        #expect(try verdict("a.q", ["q"]) { $0.excludeModules = .names([]) } == .targeted)
        #expect(try verdict("a.q", ["q"]) { $0.excludeModules = .pattern("") } == .targeted)
        #expect(try verdict("m.a.b.q", ["q"]) { $0.modulesToSave = ["a"] } == .excluded)
        #expect(try verdict("m.ba.b.q", ["q"]) { $0.modulesToSave = ["a"] } == .targeted)
    }

    @Test("counts the first numbered part as the layer, and applies layers only to endings")
    func layers() throws {
        let path = "m.layers.1.experts.0.q"
        #expect(try verdict(path, ["q"]) { $0.layersToTransform = [1] } == .targeted)
        #expect(try verdict(path, ["q"]) { $0.layersToTransform = [0] } == .unmatched)
        #expect(try verdict(path, [path]) { $0.layersToTransform = [0] } == .targeted)
        #expect(try verdict("m.head.q", ["q"]) { $0.layersToTransform = [0] } == .unmatched)
    }

    @Test("looks for the layer after the pattern that is named, the first that occurs")
    func layersPattern() throws {
        func verdict(_ patterns: [String]) throws -> ModuleMatcher.Verdict {
            try self.verdict("m.layers.1.experts.0.q", ["q"]) {
                $0.layersToTransform = [0]
                $0.layersPattern = patterns
            }
        }
        #expect(try verdict(["experts"]) == .targeted)
        #expect(try verdict(["blocks", "experts"]) == .targeted)
        #expect(try verdict(["layers", "experts"]) == .unmatched)
        #expect(try verdict(["blocks"]) == .unmatched)
    }
}
