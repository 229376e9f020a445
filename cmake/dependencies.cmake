# SPDX-License-Identifier: Apache-2.0
# All from Debian 12 packages; scripts/setup names them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(cppzmq REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
# Without the package's own macros the header and Debian's shared library disagree about sizes, silently.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
# Header-only; Debian's config file has a name that find_package does not look for, and wants Boost for parts unused here.
find_path(MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
add_library(wattring_msgpack INTERFACE)
target_include_directories(wattring_msgpack SYSTEM INTERFACE ${MSGPACK_INCLUDE_DIR})
target_compile_definitions(wattring_msgpack INTERFACE MSGPACK_NO_BOOST)
