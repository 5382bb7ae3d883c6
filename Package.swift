// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "lorad",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "lorad", targets: ["lorad"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // System libraries and C: no logic that Swift can express as well.
        .target(name: "CKernels"),
        .target(name: "COpenBLAS"),
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CNanomsg", providers: [.apt(["libnanomsg-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCompression", providers: [.apt(["libzstd-dev", "zlib1g-dev"])]),
        .target(  // apt: libturbojpeg0-dev, libpng-dev, libwebp-dev
            name: "CImageCodecs",
            linkerSettings: [.linkedLibrary("turbojpeg"), .linkedLibrary("png16"), .linkedLibrary("webp")]),

        // The model half.
        .target(name: "Tensors", dependencies: ["CKernels", "COneDNN", "COpenBLAS"]),
        .target(name: "Models", dependencies: ["Tensors", "CKernels", "CImageCodecs"]),
        .target(name: "Adapters", dependencies: ["Models", "Tensors"]),
        .target(
            name: "Training",
            dependencies: [
                "Adapters", "Models", "Tensors", "CKernels", "CCompression",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),

        // The federated half: never imports the model half.
        .target(
            name: "Privacy",
            dependencies: [
                "CKernels", "Tensors", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        .target(
            name: "Transports",
            dependencies: [
                "CNanomsg", "COpenSSL", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "Federation",
            dependencies: [
                "Privacy", "Transports", "Tensors", "CKernels",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Messages/lorad.proto"]),

        // The pictures, questions and model of `lorad demo`, and the versions of the packages in a build.
        .target(name: "CBundledModel", exclude: ["model"]),
        .target(name: "Demonstration", dependencies: ["Models", "Tensors", "CImageCodecs", "CBundledModel"]),

        .executableTarget(
            name: "lorad",
            dependencies: [
                "Demonstration", "Training", "Adapters", "Models", "Tensors", "Federation", "Privacy", "Transports",
                "Yams", "CBundledModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),

        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "COpenBLAS"]),
        .testTarget(name: "ModelsTests", dependencies: ["Models", "Tensors"]),
        .testTarget(name: "AdaptersTests", dependencies: ["Adapters", "Models", "Tensors"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "Adapters", "Models", "Tensors"]),
        .testTarget(name: "DemonstrationTests", dependencies: ["Demonstration", "Models", "Tensors"]),
        .testTarget(
            name: "PrivacyTests",
            dependencies: [
                "Privacy", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "TransportsTests",
            dependencies: [
                "TestSupport", "Transports", "COpenSSL", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .testTarget(
            name: "FederationTests",
            dependencies: [
                "TestSupport", "Federation", "Privacy", "Transports", "Tensors",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "TestSupport", "lorad", "Training", "Adapters", "Models", "Federation", "Privacy", "Tensors",
                "Transports",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
    ]
)

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    if target.name.hasPrefix("C"), target.type == .regular { continue }
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
    // The compiler takes half the time without optimising these, and what they wait for is in the libraries and the program. The other
    // tests compute references and simulations themselves.
    if ["AdaptersTests", "TrainingTests", "FederationTests", "CommandTests"].contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-Onone"]))
    }
}
