import Adapters
import Models

extension AdapterArguments {
    /// The PEFT folder to start from, if the section names one.
    var path: String? { tree["path"]?.stringValue }

    /// The configuration that the section describes.
    ///
    /// - Throws: `AdapterError` naming the key.
    func configuration(notes: inout [String]) throws -> AdapterConfiguration {
        try AdapterConfiguration(object: object, source: "adapter", notes: &notes)
    }
}
