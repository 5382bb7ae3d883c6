/// The field of 256 elements, with the polynomial x⁸ + x⁴ + x³ + x + 1 of AES (FIPS 197, section 4.2).
///
/// No tables and no branches on values: secrets pass through here, and neither the time nor the cache must tell
/// anything of them.
enum GaloisField {
    /// The product.
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var left = left
        var right = right
        var product: UInt8 = 0
        for _ in 0..<8 {
            product ^= left & (0 &- (right & 1))
            left = (left << 1) ^ (0x1b & (0 &- (left >> 7)))
            right >>= 1
        }
        return product
    }

    /// The inverse, as the 254th power; zero for zero.
    static func inverse(_ value: UInt8) -> UInt8 {
        var power = value
        var result: UInt8 = 1
        for _ in 0..<7 {
            power = multiply(power, power)
            result = multiply(result, power)
        }
        return result
    }
}
