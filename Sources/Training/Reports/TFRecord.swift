import Foundation

/// TensorFlow's record frame: length (8 bytes), masked CRC of the length, data, masked CRC of the data.
enum TFRecord {
    /// The data in its frame.
    static func frame(_ data: Data) -> Data {
        var length = Data()
        length.append(littleEndian: UInt64(data.count))
        var record = length
        record.append(littleEndian: mask(CRC32C.checksum(length)))
        record.append(data)
        record.append(littleEndian: mask(CRC32C.checksum(data)))
        return record
    }

    /// ((crc ≫ 15) | (crc ≪ 17)) + 0xA282EAD8, so the CRC of data that holds CRCs stays sound.
    private static func mask(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ 0xA282_EAD8 }
}
