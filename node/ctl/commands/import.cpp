// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <ostream>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/import_sender.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kHeadBytes = 64U << 10U;
constexpr std::int64_t kTerminalMs = 200;
constexpr std::int64_t kPipeMs = 10'000;
constexpr std::size_t kListedMax = 20;

struct Closer {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);  // NOLINT(cert-err33-c): a file that was only read, or is checked before
  }
};
using File = std::unique_ptr<std::FILE, Closer>;

Trouble cannot(const char* what, const std::string& path) {
  return {kExitUsage, fmt::format("cannot {} {}: {}\n", what, path, std::strerror(errno))};
}

/// The file with its first bytes, which decide the format, put back in front.
class Input {
 public:
  static Outcome<Input> open(const std::string& path) {
    Input input;
    input.file_.reset(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (input.file_ == nullptr) return tl::unexpected(cannot("open", path));
    input.head_.resize(kHeadBytes);
    input.head_.resize(std::fread(input.head_.data(), 1, kHeadBytes, input.file_.get()));
    if (std::ferror(input.file_.get()) != 0) return tl::unexpected(cannot("read", path));
    return input;
  }

  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] bool failed() const { return std::ferror(file_.get()) != 0; }

  std::size_t read(char* buffer, std::size_t size) {
    if (given_ < head_.size()) {
      const std::size_t n = std::min(size, head_.size() - given_);
      std::memcpy(buffer, head_.data() + given_, n);
      given_ += n;
      return n;
    }
    return std::fread(buffer, 1, size, file_.get());
  }

 private:
  File file_;
  std::string head_;
  std::size_t given_ = 0;
};

/// Tells on standard error how far it is: a line that is rewritten on a terminal, one line every 10 s elsewhere.
class Progress {
 public:
  explicit Progress(const Context& context)
      : context_(context), start_ns_(context.clock.monotonic_ns()), last_ns_(start_ns_) {}

  void tell(const ImportTally& tally, ImportFormat format) {
    const std::int64_t now_ns = context_.clock.monotonic_ns();
    const std::int64_t every_ms = context_.err_is_terminal ? kTerminalMs : kPipeMs;
    if (now_ns - last_ns_ < every_ms * 1'000'000) return;
    last_ns_ = now_ns;
    context_.err << fmt::format("{}{}, {}, {}/s, {} refused{}", context_.err_is_terminal ? "\r\x1b[K" : "",
                                plural(tally.items, item_name(format)), bytes_text(static_cast<double>(tally.bytes)),
                                grouped(static_cast<double>(tally.items) / elapsed_s(), 0),
                                grouped(static_cast<std::int64_t>(tally.refused)),
                                context_.err_is_terminal ? "" : "\n");
    context_.err.flush();
  }
  void clear() const {
    if (context_.err_is_terminal) context_.err << "\r\x1b[K";
  }
  [[nodiscard]] double elapsed_s() const {
    return static_cast<double>(context_.clock.monotonic_ns() - start_ns_) * 1e-9;
  }

 private:
  const Context& context_;
  std::int64_t start_ns_;
  std::int64_t last_ns_;
};

/// Writes the refused items as they stood in the file, so that they can be mended and imported by themselves.
class RefusedFile {
 public:
  static Outcome<RefusedFile> open(const std::string& path) {
    RefusedFile file;
    if (path.empty()) return file;
    file.path_ = path;
    file.file_.reset(std::fopen(path.c_str(), "wb"));
    if (file.file_ == nullptr) return tl::unexpected(cannot("write", path));
    return file;
  }

  void add(const Chunk& chunk, const std::vector<ImportTally::Refused>& refused, ImportFormat format) {
    if (file_ == nullptr) return;
    std::uint64_t last = 0;
    for (const ImportTally::Refused& one : refused) {
      if (one.item == 0) continue;
      std::string text;
      // A line of line protocol may be a comment; the other formats have none.
      if (format == ImportFormat::line) {
        text = fmt::format("# {} {}: {} got \"{}\"{}\n", item_name(format), one.item, one.reason, one.got,
                           one.limit.empty() ? "" : ", accepted: " + one.limit);
      }
      if (one.item != last) {
        text += chunk.item(static_cast<std::size_t>(one.item - chunk.first_item));
        if (!text.ends_with('\n')) text += '\n';
      }
      last = one.item;
      ok_ = ok_ && std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    }
  }
  [[nodiscard]] Outcome<void> close() {
    if (file_ == nullptr || (std::fflush(file_.get()) == 0 && ok_)) return {};
    return tl::unexpected(cannot("write", path_));
  }

 private:
  File file_;
  std::string path_;
  bool ok_ = true;
};

Outcome<ImportFormat> format_of(const ImportArguments& arguments, const std::string& head) {
  if (arguments.format == "line") return ImportFormat::line;
  if (arguments.format == "p1") return ImportFormat::p1;
  const auto detected = detect_import_format(head);
  if (arguments.format == "json") {
    return detected && *detected == ImportFormat::json_array ? ImportFormat::json_array : ImportFormat::ndjson;
  }
  if (!detected)
    return tl::unexpected(Trouble{kExitUsage, fmt::format("{}: {}\n", arguments.file, detected.error().text())});
  return *detected;
}

std::string summary_text(const ImportTally& tally, ImportFormat format, std::uint64_t skipped, double seconds) {
  std::string text =
      fmt::format("{} sent ({}) in {}, {:.1f} s\n", plural(tally.items, item_name(format)),
                  bytes_text(static_cast<double>(tally.bytes)), plural(tally.requests, "request"), seconds);
  if (skipped != 0) text += fmt::format("{} bytes before the first telegram passed over\n", skipped);
  if (tally.stored_is_known) {
    text += fmt::format("{} readings stored{}, ", grouped(static_cast<std::int64_t>(tally.stored)),
                        tally.ack.empty() ? "" : " (" + tally.ack + ")");
  } else {
    text += "every reading that was not refused is stored; ";
  }
  text += fmt::format("{} refused\n", grouped(static_cast<std::int64_t>(tally.refused)));
  std::uint64_t listed = 0;
  for (const auto& [reason, n] : tally.reasons) {
    text += fmt::format("  {} {}\n", n, reason);
    listed += n;
  }
  if (listed < tally.refused)
    text += fmt::format("  {} more that the node counted without naming them\n", tally.refused - listed);
  return text;
}

Json document_of(const ImportArguments& arguments, const ImportTally& tally, ImportFormat format, double seconds) {
  Json refused = Json::Array{};
  for (const ImportTally::Refused& one : tally.first) {
    Json row;
    row.set("line", one.item == 0 ? Json() : Json(static_cast<std::int64_t>(one.item)));
    refused.push(row.set("reason", one.reason).set("got", one.got).set("limit", one.limit));
  }
  Json document;
  document.set("schema", "wattring.import/1").set("file", arguments.file).set("format", to_string(format));
  document.set("items", static_cast<std::int64_t>(tally.items)).set("bytes", static_cast<std::int64_t>(tally.bytes));
  document.set("requests", static_cast<std::int64_t>(tally.requests))
      .set("retries", static_cast<std::int64_t>(tally.retries));
  document.set("stored", tally.stored_is_known ? Json(static_cast<std::int64_t>(tally.stored)) : Json());
  document.set("class", tally.ack.empty() ? Json() : Json(tally.ack));
  document.set("refused_total", static_cast<std::int64_t>(tally.refused)).set("refused", std::move(refused));
  return document.set("took_s", seconds);
}

void list_refused(const ImportTally& tally, ImportFormat format, const Context& context) {
  for (std::size_t i = 0; i < std::min(kListedMax, tally.first.size()); ++i) {
    const ImportTally::Refused& one = tally.first[i];
    const std::string number = one.item == 0 ? "without a number" : fmt::format("{}", one.item);
    context.err << fmt::format("{} {}: {}{}{}\n", item_name(format), number, one.reason,
                               one.got.empty() ? "" : ", got \"" + one.got + "\"",
                               one.limit.empty() ? "" : ", accepted: " + one.limit);
  }
}

int stop(const Trouble& trouble, const Context& context) {
  context.err << trouble.text;
  return trouble.exit_code;
}

}  // namespace

int import_file(const ImportArguments& arguments, const Context& context, const Globals& globals) {
  auto input = Input::open(arguments.file);
  if (!input) return stop(input.error(), context);
  const auto format = format_of(arguments, input->head());
  if (!format) return stop(format.error(), context);
  auto refused_file = RefusedFile::open(arguments.refused_file);
  if (!refused_file) return stop(refused_file.error(), context);

  ChunkReader reader(*format, static_cast<std::size_t>(arguments.chunk_bytes),
                     [&input](char* buffer, std::size_t size) { return input->read(buffer, size); });
  ImportSender sender(arguments, *format, context, globals);
  Progress progress(context);
  int exit_code = kExitDone;
  while (true) {
    const auto chunk = reader.next();
    if (!chunk) {
      exit_code = stop({kExitUsage, fmt::format("{}: {}\n", arguments.file, chunk.error().text())}, context);
      break;
    }
    if (!*chunk) break;
    const auto refused = sender.send(**chunk);
    if (!refused) {
      progress.clear();
      exit_code = stop(refused.error(), context);
      break;
    }
    refused_file->add(**chunk, *refused, *format);
    progress.tell(sender.tally(), *format);
  }
  progress.clear();
  if (input->failed()) exit_code = stop(cannot("read", arguments.file), context);
  if (const auto closed = refused_file->close(); !closed) exit_code = stop(closed.error(), context);

  list_refused(sender.tally(), *format, context);
  Answer answer;
  answer.text = summary_text(sender.tally(), *format, reader.skipped_bytes(), progress.elapsed_s());
  answer.document = document_of(arguments, sender.tally(), *format, progress.elapsed_s());
  answer.csv = flattened(answer.document);
  context.out << render(answer, globals.format);
  const ImportTally& tally = sender.tally();
  const bool nothing_stored = tally.stored_is_known && tally.stored == 0;
  if (exit_code == kExitDone && tally.refused > 0 && (arguments.strict || nothing_stored)) return kExitPartial;
  return exit_code;
}

}  // namespace wattring::ctl
