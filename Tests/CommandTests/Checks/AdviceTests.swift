import Foundation
import Testing
import Training

@testable import lorad

@Suite("Advice on run files")
struct AdviceTests {
    @Test(
        "is given where a setting is unusual, by the one rule that is for it, with reason and remedy",
        arguments: AdviceCase.all)
    func given(unusual: AdviceCase) throws {
        var facts = try AdviceCase.facts(unusual.settings)
        unusual.change(&facts)
        let told = AdviceRules.all.map { ($0.name, $0.advice(facts)) }.filter { !$0.1.isEmpty }
        #expect(told.map(\.0) == [unusual.rule])
        let advice = try #require(told.first?.1.first)
        #expect(advice.key == unusual.key)
        for text in [advice.what, advice.why, advice.action] {
            #expect(!text.isEmpty && !text.contains("\n") && !text.contains(";"), "\(text)")
        }
    }

    @Test("has a case for every rule, and names each rule once")
    func completeness() {
        let names = AdviceRules.all.map(\.name)
        #expect(Set(names) == Set(AdviceCase.all.map(\.rule)))
        #expect(Set(names).count == names.count)
    }

    @Test("is not given where nothing is unusual", arguments: [nil, "model.precision=bf16", "data.on_long=drop"])
    func harmless(setting: String?) throws {
        #expect(AdviceRules.advice(on: try AdviceCase.facts([setting].compactMap(\.self))).isEmpty)
    }

    @Test("is not given to a toy where it rests on experience with models of published sizes")
    func toys() throws {
        var facts = try AdviceCase.facts(["training.learning_rate=0.01", "training.save_steps=2501"])
        #expect(AdviceRules.advice(on: facts).count == 2)
        facts.model?.layers = [.init(path: "q_proj", rank: 4, inputs: 32, outputs: 255)]
        #expect(AdviceRules.advice(on: facts).map(\.key) == ["training.save_steps"])
    }

    @Test("says nothing of an adapter that exists: its folder decides")
    func existingAdapter() throws {
        let facts = try AdviceCase.facts(["adapter={path: out}"])
        #expect(AdviceRules.advice(on: facts).isEmpty)
    }

    @Test("counts steps by rows and epochs, by max_steps, and rounds where updates are averaged")
    func steps() throws {
        #expect(try AdviceCase.facts([]).plannedSteps == 2_500)
        #expect(try AdviceCase.facts(["training.max_steps=7"]).plannedSteps == 7)
        #expect(try AdviceCase.facts(["federation={rounds: 9, local_steps: 2}"]).plannedSteps == 9)
        #expect(try AdviceCase.facts(["federation={rounds: 9}"]).plannedSteps == 2_500)
        var unknown = try AdviceCase.facts([])
        unknown.rows = nil
        #expect(unknown.plannedSteps == nil && AdviceRules.advice(on: unknown).isEmpty)
    }

    @Test("has nothing to say of any file under configs/", arguments: ConfigsTests.names)
    func configs(name: String) throws {
        let path = "\(TinyLlava.repository)/configs/\(name)"
        let document = try RunFile.document(path: path)
        var facts = RunFacts(try RunFile.configuration(of: document, checksDisk: false), document: document)
        // Toys are told by their models, which the test of the command opens.
        if name.hasPrefix("tiny-") {
            facts.model = .init(layers: [.init(path: "q_proj", rank: 4, inputs: 32, outputs: 32)])
        }
        #expect(AdviceRules.advice(on: facts).isEmpty)
    }
}
