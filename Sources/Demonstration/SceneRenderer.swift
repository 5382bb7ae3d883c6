import CImageCodecs
public import Foundation
public import Tensors

/// Draws scenes with smoothed edges.
public struct SceneRenderer: Sendable {
    /// Pixels across and down.
    public let size: Int
    /// What images look like.
    let domain: Domain

    /// A renderer for a domain's images.
    public init(_ domain: Domain, size: Int = 48) {
        self.domain = domain
        self.size = size
    }

    /// An image's samples: 8-bit RGB, row by row; chance gives waves and grain.
    public func pixels(of scene: Scene, using random: inout SplitMix64) -> [UInt8] {
        let wave = Wave(strength: domain.waves, using: &random)
        var samples: [UInt8] = []
        samples.reserveCapacity(3 * size * size)
        for row in 0..<size {
            for column in 0..<size {
                let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
                let grey = scene.ground + wave.value(x, y)
                var colour = [grey, grey, grey]
                for thing in scene.things { paint(thing, over: &colour, x, y) }
                let grain = domain.grain > 0 ? domain.grain * random.nextNormal() : 0
                samples += colour.map { UInt8(max(0, min(255, ($0 + grain).rounded()))) }
            }
        }
        return samples
    }

    /// Mixes a thing's colour over a pixel's, by how much of the pixel it covers.
    private func paint(_ thing: Scene.Thing, over colour: inout [Double], _ x: Double, _ y: Double) {
        let quarter = Double(size) / 2
        let radius = thing.radius * quarter
        let column = Double(thing.place.rawValue % 2)
        let row = Double(thing.place.rawValue / 2)
        let dx = x - quarter * (column + 0.5 + thing.offset.x)
        let dy = y - quarter * (row + 0.5 + thing.offset.y)
        guard max(abs(dx), abs(dy)) < 1.5 * radius + 1 else { return }
        let (u, v) = (dx * cos(thing.angle) + dy * sin(thing.angle), dy * cos(thing.angle) - dx * sin(thing.angle))
        let cover = max(0, min(1, 0.5 - radius * thing.shape.distance(u / radius, v / radius)))
        for channel in 0..<3 { colour[channel] += cover * (thing.colour.samples[channel] - colour[channel]) }
    }

    /// An image as a PNG file's bytes.
    public func png(of scene: Scene, using random: inout SplitMix64) -> Data {
        let samples = pixels(of: scene, using: &random)
        let side = UInt32(size)
        var bytes = Data(count: lorad_png_write(samples, side, side, nil, 0))
        let count = bytes.count
        let written = bytes.withUnsafeMutableBytes {
            lorad_png_write(samples, side, side, $0.bindMemory(to: UInt8.self).baseAddress, count)
        }
        precondition(written > 0 && written <= count, "libpng cannot write a picture of \(size) pixels")
        return bytes.prefix(written)
    }
}

/// Brightness that rises and falls across an image.
private struct Wave {
    let strength: Double
    let across: Double
    let down: Double
    let phase: Double

    init(strength: Double, using random: inout SplitMix64) {
        self.strength = strength
        let direction = random.nextOffset(.pi)
        across = 0.5 * cos(direction)
        down = 0.5 * sin(direction)
        phase = random.nextOffset(.pi)
    }

    func value(_ x: Double, _ y: Double) -> Double { strength > 0 ? strength * sin(across * x + down * y + phase) : 0 }
}
