# SPDX-License-Identifier: Apache-2.0
if(WATTRING_TESTS OR WATTRING_FUZZ)
  wattring_library(wattring_peer_frames SOURCES any_peer_frame.cpp LIBS wattring_peer_codec)
endif()
wattring_test(peer_codec_unit KIND unit SOURCES peer_codec_test.cpp LIBS wattring_peer_frames)
wattring_test(peer_codec_property KIND property SOURCES peer_codec_property.cpp LIBS wattring_peer_frames)
wattring_fuzz(fuzz_peer SOURCES fuzz_peer.cpp LIBS wattring_peer_frames)
