import Foundation

/// The folder Fixtures/tiny-clip: a model, an adapter, rows, and what transformers and PEFT make of them.
enum TinyClip {
    /// What the reference computed, written by the fixture's generator.
    struct Expected: Decodable {
        struct Training: Decodable {
            var steps: Int
            var batch: Int
            var learning_rate: Double
            var losses: [Double]
            var learned_losses: [Double]
        }

        struct Validation: Decodable {
            var loss: Double
            var rows: Int
            var pictures: Int
            var texts: Int
            /// The place of each query's best answer, from 0.
            var picture_to_text: [Int]
            var text_to_picture: [Int]
        }

        var training: Training
        var validation: Validation
        /// The place of each picture's class.
        var zero_shot: [Int]
    }

    static let folder = "\(TinyLlava.repository)/Tests/Fixtures/tiny-clip"
    static let model = "\(folder)/model"
    static let adapter = "\(folder)/adapter"
    static let pictures = TinyLlava.pictures

    static func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(filePath: "\(folder)/expected.json")))
    }

    static func data(_ name: String) -> String { "\(folder)/data/\(name).json" }

    /// A run file for the reference's own run, from the stored adapter.
    static func runFile() throws -> String {
        let training = try expected().training
        return """
            run: shared
            model: { path: \(model) }
            adapter: { path: \(adapter) }
            data:
              train: \(data("train"))
              validation: \(data("val"))
              images: \(pictures)
              shuffle: false
            training:
              learning_rate: \(training.learning_rate)
              lr_scheduler_type: constant
              per_device_train_batch_size: \(training.batch)
              max_steps: \(training.steps)
              max_grad_norm: 0
              logging_steps: 1
              output_dir: out
            """
    }

    /// Share of queries whose answer is among the first k.
    static func recall(_ places: [Int], _ k: Int) -> Double {
        Double(places.count { $0 < k }) / Double(places.count)
    }
}
