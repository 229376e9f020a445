// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal.hpp"

#include <array>

namespace wattring::persistence {
namespace {

constexpr std::array<std::string_view, kTableCount> kTableNames{
    "meta", "journal", "coverage", "applied", "meter",      "series", "interval",
    "text", "alert",   "outbox",   "catalog", "quarantine", "limit"};

}  // namespace

std::string_view to_string(Table table) {
  return kTableNames[static_cast<std::size_t>(table)];
}

std::optional<Error> problem_of(const WriteOp& op) {
  if (op.key.empty() || op.key.size() > kKeyBytesMax)
    return Error{ErrorCode::invalid_argument,
                 "a key of " + std::to_string(op.key.size()) + " bytes for table " + std::string(to_string(op.table)) +
                     ": 1 to " + std::to_string(kKeyBytesMax) + " bytes are possible",
                 ""};
  if (op.table == Table::journal && op.key.size() != kJournalKeyBytes)
    return Error{
        ErrorCode::invalid_argument,
        "a journal key of " + std::to_string(op.key.size()) + " bytes: an LSN has " + std::to_string(kJournalKeyBytes),
        ""};
  if (op.value.size() > kValueBytesMax)
    return Error{ErrorCode::invalid_argument,
                 "a value of " + std::to_string(op.value.size()) + " bytes for table " +
                     std::string(to_string(op.table)) + ": at most " + std::to_string(kValueBytesMax) +
                     " bytes are possible",
                 ""};
  return std::nullopt;
}

}  // namespace wattring::persistence
