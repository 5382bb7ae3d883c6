import Foundation

extension Double {
    var cosine: Double { cos(self) }
    var sine: Double { sin(self) }
    var exponential: Double { exp(self) }
}
