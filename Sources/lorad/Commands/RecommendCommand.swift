import ArgumentParser
import Foundation
import Models
import Tensors

/// `lorad recommend`: a run file to begin with.
struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Write a run file for a task, a dataset size, a model and this machine.",
        discussion: """
            Example:
              lorad recommend --task vqa --examples 8000 --model models/llava-1.5-7b-hf > run.yaml

            Comments in the run file give the reason and the source of each value. The memory that the run needs on this machine \
            is printed to standard error.
            """)

    @Option(help: "Task: captioning, vqa, classification, medical, satellite or driving.")
    var task: RecipeTask

    @Option(help: "Number of training examples.")
    var examples: Int

    @Option(help: "Hugging Face folder of the base model.")
    var model: String

    @Option(help: "Training data, for the run file.")
    var data = Recipe.Paths().train

    @Option(help: "Validation data, for the run file.")
    var validation = Recipe.Paths().validation

    @Option(help: "Folder of the images, for the run file.")
    var images = Recipe.Paths().images

    @Flag(help: "Print one JSON object that contains the run file.")
    var json = false

    func validate() throws {
        guard (1...1_000_000_000).contains(examples) else {
            throw ValidationError("--examples must be from 1 to 1000000000")
        }
    }

    func run() throws {
        let folder = try ModelFolder(URL(filePath: model))
        let recipe = try Recipe(task, examples: examples, model: ModelProfile(folder, path: model))
        let memory = RecommendedMemory(folder)
        let recommendation = try Recommendation(
            recipe, Recipe.Paths(train: data, validation: validation, images: images),
            machine: RunFacts.Machine(
                multipliesBFloat16: Products.areNativeInBFloat16, availableMemory: MemoryReading.current.available),
            cores: AvailableCores.count, memory: memory.memory)
        if json { return print(recommendation.json.text(indent: 2, isASCII: false)) }
        print(recommendation.text, terminator: "")
        let display = ProgressDisplay()
        recommendation.notes.forEach(display.say)
    }
}
