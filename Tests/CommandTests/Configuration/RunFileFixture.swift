@testable import lorad

/// Run files as short texts: only what a test is about, the rest filled in.
enum RunFileFixture {
    /// The design's own example.
    static let complete = """
        run: hospital-vqa
        model:   { path: models/llava-1.5-7b-hf, precision: bf16 }
        adapter: { peft_type: LORA, r: 16, lora_alpha: 32, lora_dropout: 0.05, target_modules: [q_proj, v_proj] }
        data:    { train: data/train.json, images: data/images, validation: data/val.json, max_length: 2048 }
        training:
          { learning_rate: 2e-4, lr_scheduler_type: cosine, warmup_ratio: 0.03, per_device_train_batch_size: 4,
            gradient_accumulation_steps: 2, max_grad_norm: 1.0, num_train_epochs: 1, seed: 42, output_dir: out }
        federation:
          { mode: distributed, min_workers: 2, rounds: 20, local_steps: 1, aggregation: mean, server_optimizer: none }
        privacy:
          secure_aggregation:   { enabled: false, threshold: 0.67 }
          differential_privacy:
            { enabled: false, clip: 1.0, noise_multiplier: 1.0, delta: 1e-5, target_epsilon: 8, population: 5000 }
        """

    /// A run file with one section's lines, which begin at line 5.
    static func with(_ lines: String) -> String {
        """
        model: { path: m }
        adapter: { r: 4 }
        data: { train: t.json }
        # what the test is about:
        \(lines)
        """
    }

    /// What reading a text says is wrong, nil where nothing is.
    static func problem(_ yaml: String, overrides: [String] = [], checksDisk: Bool = false) -> String? {
        do {
            _ = try RunFile.parse(yaml, name: "run.yaml", overrides: overrides, checksDisk: checksDisk)
            return nil
        } catch {
            return "\(error)"
        }
    }

    static func parse(_ yaml: String, overrides: [String] = []) throws -> RunConfiguration {
        try RunFile.parse(yaml, name: "run.yaml", overrides: overrides, checksDisk: false)
    }
}
