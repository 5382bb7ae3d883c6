// swift-tools-version: 6.2
import PackageDescription

// What .ci/fuzz builds, in a folder of its own that has links to Sources and to this folder: the readers of files as one
// library with coverage counters, to which libFuzzer is linked.
let package = Package(
    name: "fuzzing",
    platforms: [.macOS(.v15)],
    products: [.library(name: "Fuzzing", type: .static, targets: ["Fuzzing"])],
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.0")],
    targets: [
        .target(name: "CKernels"),
        .target(name: "COpenBLAS"),
        .systemLibrary(name: "COneDNN"),
        .systemLibrary(name: "CCompression"),
        .target(name: "CImageCodecs"),
        .target(name: "Tensors", dependencies: ["CKernels", "COneDNN", "COpenBLAS"]),
        .target(name: "Models", dependencies: ["Tensors", "CKernels", "CImageCodecs"]),
        .target(name: "Adapters", dependencies: ["Models", "Tensors"]),
        .target(
            name: "Training",
            dependencies: [
                "Adapters", "Models", "Tensors", "CKernels", "CCompression",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Fuzzing", dependencies: ["Training", "Adapters", "Models", "Tensors"], path: "Fuzzing",
            exclude: ["Package.swift"]),
    ]
)

for target in package.targets where target.type == .regular && !target.name.hasPrefix("C") {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
