#include "app/stix_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/whole_file.h"
#include "base/text.h"
#include "stix/bundle.h"
#include "stix/limits.h"

namespace tocsin::app {
namespace {

// Counts lines on the way to ever later places.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::uint64_t at(std::size_t offset) {
    line_ += static_cast<std::uint64_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    at_ = offset;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

void add(StixFile& file, stix::CutBundle cut, Lines& lines) {
  for (std::size_t i = 0; i < cut.objects.size(); ++i) {
    const auto offset = static_cast<std::size_t>(cut.objects[i].data() - file.text.data());
    const bool alone = !cut.is_bundle && cut.objects.size() == 1;
    file.objects.push_back(
        {cut.objects[i], lines.at(offset), alone ? "" : fmt::format("{}/{}", cut.is_bundle ? "/objects" : "", i)});
  }
  if (cut.is_bundle) {
    file.frames.push_back(std::move(cut.frame));
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (const char c : text) {
    if (out.size() > bytes_max) {
      return out + "…";
    }
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out += control ? (c == '\n' || c == '\t' || c == '\r' ? std::string(" ") : "?") : std::string(1, c);
  }
  return out;
}

Result<StixFile> read_stix_file(const std::string& name) {
  StixFile file;
  file.name = name;
  TRY(file.text, read_whole(name, stix::limits::bundle_bytes_max));
  if (file.text.starts_with("\xEF\xBB\xBF")) {
    file.text.erase(0, 3);
  }
  Lines lines(file.text);
  auto whole = stix::cut_bundle(file.text);
  if (whole) {
    add(file, *std::move(whole), lines);
    return file;
  }
  // JSON lines: every line is a document.
  const std::string_view text = file.text;
  bool several = true;
  for (std::size_t at = 0; at < text.size() && several;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    if (!line.empty()) {
      auto cut = stix::cut_bundle(line);
      several = cut.has_value();
      if (several) {
        add(file, *std::move(cut), lines);
      }
    }
    at = end + 1;
  }
  if (several && !file.objects.empty()) {
    return file;
  }
  Error error = std::move(whole).error();
  error.where.source = name;
  if (error.where.offset <= text.size()) {
    error.where.line = Lines(text).at(error.where.offset);
  }
  return std::unexpected(std::move(error));
}

}  // namespace tocsin::app
