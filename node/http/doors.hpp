// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace wattring::http {

class AlertDoor;
class AuditDoor;
class BackupDoor;
class ClusterDoor;
class EraseDoor;
class PeersDoor;
class ShardDoor;

/// What a node may lack; null when it does. What is there outlives the server.
struct Doors {
  AlertDoor* alerts = nullptr;     ///< without it their paths are answered with 503
  ClusterDoor* cluster = nullptr;  ///< without it the node shows itself as a cluster of one
  AuditDoor* audit = nullptr;      ///< without it changes are written down nowhere
  PeersDoor* peers = nullptr;      ///< without it the node answers for all meters
  ShardDoor* shards = nullptr;     ///< without it the node knows of no ring
  EraseDoor* erase = nullptr;      ///< without it the node erases nothing
  BackupDoor* backup = nullptr;    ///< without it the node gives no shards away and takes no rows back
};

}  // namespace wattring::http
