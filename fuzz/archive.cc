// The walk over one file of any bytes: every kind of archive, nested, with a password at hand. The first byte chooses
// the name, and with it whether a zip may be a document.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "source/source.h"

namespace {

using tocsin::ByteSource;
using tocsin::check;
using tocsin::Error;
using tocsin::Result;
using tocsin::source::Member;

// Reads everything up to a bound that keeps one input quick, and holds the walker to its contract.
class Reader final : public tocsin::source::Visitor {
 public:
  Result<void> member(const Member& member, ByteSource& bytes) override {
    check(!member.name.empty(), "every member has a name");
    check(tocsin::valid_utf8(member.name), "names are UTF-8");
    while (count_ < bytes_max) {
      const Result<std::size_t> got = bytes.read(buffer_);
      check(got.has_value(), "reading never fails");
      if (*got == 0) {
        break;
      }
      count_ += *got;
    }
    open_ = true;
    return {};
  }
  void member_done(const Member&, std::string_view sha256) override {
    check(open_ && sha256.size() == 64, "each member is done once, with its digest");
    open_ = false;
  }
  void skipped(std::string_view name, const Error& why) override {
    check(!name.empty() && !why.message.empty(), "what is skipped has a name and a reason");
  }
  void note(std::string_view name, std::string_view text) override {
    check(!name.empty() && !text.empty(), "notes say something");
  }
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return count_ >= bytes_max; }

 private:
  static constexpr std::size_t bytes_max = std::size_t{8} << 20;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{64} << 10);
  std::size_t count_ = 0;
  bool open_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const tocsin::source::Options options{.archive_passwords = {"wrong", "infected"}, .hash = true};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Reader reader;
  check(tocsin::source::walk_memory(data[0] % 2 == 0 ? "x.zip" : "x", bytes, options, reader).has_value(),
        "no input ends the walk with an error");
  return 0;
}
