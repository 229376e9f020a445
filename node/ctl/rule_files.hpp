// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Files of rules joined into the one document that is sent, so that all of it is applied or nothing; knows which line
/// of the document is which line of which file. Pure.
class RuleFiles {
 public:
  static constexpr std::size_t kBytesMax = 256U << 10U;  ///< of all together

  /// Trouble when the file does not begin with a table: its keys would belong to the last table of the file before.
  [[nodiscard]] Outcome<void> add(const std::string& name, std::string_view text);
  [[nodiscard]] const std::string& document() const { return document_; }
  /// "FILE:LINE:COLUMN".
  [[nodiscard]] std::string place(std::int64_t line, std::int64_t column) const;
  /// One line for each of the errors a node found, else its words.
  [[nodiscard]] Trouble explained(Trouble trouble) const;

 private:
  struct Part {
    std::string name;
    std::int64_t first_line;  ///< of the document, from 1
  };
  std::vector<Part> parts_;
  std::string document_;
  std::int64_t next_line_ = 1;
};

}  // namespace wattring::ctl
