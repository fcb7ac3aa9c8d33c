#include "source/unpacker.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "source/decompress.h"
#include "source/kind.h"
#include "source/names.h"
#include "source/open_archive.h"
#include "source/spool.h"
#include "trust/digest.h"

namespace tocsin::source {
namespace {

// Members looked at to tell a document from an archive of logs.
constexpr int document_members_max = 64;

// Passes bytes on and, where asked, digests them.
class DigestedSource final : public ByteSource {
 public:
  DigestedSource(Input& input, trust::Sha256* digest) : input_(&input), digest_(digest) {}
  Result<std::size_t> read(std::span<char> into) override {
    Result<std::size_t> got = input_->read(into);
    if (got && digest_ != nullptr) {
      digest_->add({into.data(), *got});
    }
    return got;
  }

 private:
  Input* input_;
  trust::Sha256* digest_;
};

// Office documents, Java and Android packages, OpenDocument and EPUB are zips of their own contents, not of logs
// (ECMA-376 part 2 for [Content_Types].xml, the JAR specification, ODF 1.2 part 3 for mimetype).
bool document_member(std::string_view path, bool first) {
  return path == "[Content_Types].xml" || path == "META-INF/MANIFEST.MF" || path == "AndroidManifest.xml" ||
         (first && path == "mimetype");
}

bool is_document(Input& input) {
  static const std::vector<std::string> no_passwords;
  Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(Kind::zip, input, no_passwords);
  for (int i = 0; reader && i < document_members_max; ++i) {
    const Result<std::optional<ArchiveEntry>> entry = (*reader)->next();
    if (!entry || !entry->has_value()) {
      break;
    }
    if (document_member((*entry)->path, i == 0)) {
      return true;
    }
  }
  return false;
}

// RFC 1952, 2.3.1: MTIME at offset 4, little-endian, 0 where unknown.
std::uint64_t gzip_modified(std::string_view header) {
  std::uint64_t seconds = 0;
  for (std::size_t i = 0; i < 4 && header.size() >= 8; ++i) {
    seconds |= std::uint64_t{static_cast<unsigned char>(header[4 + i])} << (8 * i);
  }
  return seconds;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace

// What a decompressor gives, counted against the limits.
class Unpacker::CountedSource final : public ByteSource {
 public:
  CountedSource(Unpacker& owner, ByteSource& inner) : owner_(&owner), inner_(&inner) {}
  Result<std::size_t> read(std::span<char> into) override {
    Result<std::size_t> got = inner_->read(into);
    if (got) {
      TRY_VOID(owner_->count_unpacked(*got));
    }
    return got;
  }

 private:
  Unpacker* owner_;
  ByteSource* inner_;
};

// The current member of an archive.
class Unpacker::MemberSource final : public ByteSource {
 public:
  // A tar unpacks to its own size; only what is beyond that (sparse members) is counted.
  MemberSource(Unpacker& owner, OpenArchive& archive, Kind kind)
      : owner_(&owner), archive_(&archive), compressed_(kind != Kind::tar), start_(archive.input().bytes_read()) {}
  Result<std::size_t> read(std::span<char> into) override {
    Result<std::size_t> got = archive_->read(into);
    if (got) {
      delivered_ += *got;
      if (compressed_ || delivered_ > archive_->input().bytes_read() - start_ + read_ahead_bytes) {
        TRY_VOID(owner_->count_unpacked(*got));
      }
    }
    return got;
  }

 private:
  static constexpr std::uint64_t read_ahead_bytes = std::uint64_t{1} << 20;

  Unpacker* owner_;
  OpenArchive* archive_;
  bool compressed_;
  std::uint64_t start_;
  std::uint64_t delivered_ = 0;
};

Result<void> Unpacker::unpack(const Member& member) {
  root_name_ = member.name;
  Result<void> answer = visit(member, *root_, 0, 0);
  if (notes_ > limits::archive_reports_max) {
    visitor_->note(root_name_, plural(notes_ - limits::archive_reports_max, "more member") + " left out on purpose");
  }
  if (skipped_ > limits::archive_reports_max) {
    visitor_->skipped(root_name_,
                      Error{ErrorCode::damaged,
                            plural(skipped_ - limits::archive_reports_max, "more member") + " could not be read",
                            Where{.source = root_name_},
                            {}});
  }
  return answer;
}

Result<void> Unpacker::count_unpacked(std::uint64_t bytes) {
  unpacked_bytes_ += bytes;
  // A file counts with its size: members that share their data make it read more than that.
  const std::uint64_t packed = root_->can_seek() ? root_->size() : root_->bytes_read();
  if (unpacked_bytes_ > limits::archive_bytes_max) {
    broken_ = true;
    return failure(ErrorCode::limit,
                   root_name_ + " unpacks to more than " + std::to_string(limits::archive_bytes_max >> 30) +
                       " GiB; the rest of it is left out",
                   {}, "unpack it first, then read the folder");
  }
  if (unpacked_bytes_ > limits::archive_ratio_free_bytes && unpacked_bytes_ / limits::archive_ratio_max > packed) {
    broken_ = true;
    return failure(ErrorCode::limit,
                   root_name_ + " unpacks to more than " + std::to_string(limits::archive_ratio_max) +
                       " times its size, as archive bombs do; the rest of it is left out",
                   {}, "if it is genuine, unpack it first, then read the folder");
  }
  return {};
}

void Unpacker::skip(std::string_view name, Error why) {
  // After a cancellation every stream looks cut; that is no fault of the input.
  if (visitor_->cancelled()) {
    return;
  }
  if (++skipped_ <= limits::archive_reports_max || why.code == ErrorCode::limit) {
    why.where.source = name;
    visitor_->skipped(name, why);
  }
}

void Unpacker::note(std::string_view name, std::string_view text) {
  if (++notes_ <= limits::archive_reports_max) {
    visitor_->note(name, text);
  }
}

Result<void> Unpacker::deliver(const Member& member, Input& input) {
  std::optional<trust::Sha256> digest;
  if (options_->hash) {
    digest.emplace();
  }
  DigestedSource bytes(input, digest ? &*digest : nullptr);
  Result<void> answer = visitor_->member(member, bytes);
  if (digest && answer) {
    std::vector<char> rest(std::size_t{256} << 10);
    while (bytes.read(rest).value_or(0) != 0) {
    }
  }
  if (std::optional<Error> why = input.take_error()) {
    skip(member.name, *std::move(why));
  }
  visitor_->member_done(member, digest ? digest->hex() : std::string());
  return answer;
}

Result<void> Unpacker::visit(const Member& member, Input& input, std::size_t streams, std::size_t depth) {
  if (stopped()) {
    return {};
  }
  const Kind kind = recognise(input.peek(kind_bytes));
  if (kind == Kind::empty) {
    if (std::optional<Error> why = input.take_error()) {
      if (why->code == ErrorCode::password) {
        if (++locked_.members == 1) {
          locked_.first = member.name;
          locked_.why = *std::move(why);
        }
      } else {
        skip(member.name, *std::move(why));
      }
    } else if (!visitor_->cancelled()) {
      note(member.name, "is empty");
    }
    return {};
  }
  if (kind == Kind::plain) {
    return deliver(member, input);
  }
  if (kind == Kind::unread_archive) {
    if (visitor_->wants_packed()) {
      visitor_->packed(member, input);
    }
    skip(member.name, Error{ErrorCode::unknown_format,
                            "RAR and CAB archives are not read",
                            {},
                            "unpack it first, then read the folder"});
    return {};
  }
  return is_stream(kind) ? visit_stream(kind, member, input, streams, depth)
                         : visit_container(kind, member, input, streams, depth);
}

Result<void> Unpacker::visit_stream(Kind kind, const Member& member, Input& input, std::size_t streams,
                                    std::size_t depth) {
  if (streams == limits::archive_depth_max) {
    skip(member.name, Error{ErrorCode::limit,
                            "compressed more than " + std::to_string(limits::archive_depth_max) + " times over",
                            {},
                            "unpack it first, then read the result"});
    return {};
  }
  Member content{.name = member.name, .bytes = 0, .modified = member.modified};
  if (const std::uint64_t modified = kind == Kind::gzip ? gzip_modified(input.peek(8)) : 0; modified != 0) {
    content.modified = modified;
  }
  Result<std::unique_ptr<Decompressor>> decompressor = open_decompressor(kind, input);
  if (!decompressor) {
    skip(member.name, std::move(decompressor).error());
    return {};
  }
  CountedSource counted(*this, **decompressor);
  Input unpacked(counted, *visitor_);
  Result<void> answer = visit(content, unpacked, streams + 1, depth);
  if (std::optional<Error> why = unpacked.take_error()) {
    skip(member.name, *std::move(why));
  }
  if (const std::string remark = (*decompressor)->remark(); !remark.empty()) {
    note(member.name, remark);
  }
  return answer;
}

Result<void> Unpacker::visit_container(Kind kind, const Member& member, Input& input, std::size_t streams,
                                       std::size_t depth) {
  if (depth == limits::archive_depth_max) {
    skip(member.name,
         Error{ErrorCode::limit,
               "an archive inside more than " + std::to_string(limits::archive_depth_max - 1) + " others is not opened",
               {},
               "unpack the outer ones first, then read the folder"});
    return {};
  }
  if (kind == Kind::tar || input.can_seek()) {
    return visit_members(kind, member, input, streams, depth);
  }
  Result<std::unique_ptr<SeekableSource>> kept = spool(input, options_->temporary_folder);
  if (!kept) {
    skip(member.name, std::move(kept).error());
    return {};
  }
  if (stopped() && !input.failed()) {
    return {};
  }
  Input nested(**kept, *visitor_);
  Result<void> answer = visit_members(kind, member, nested, streams, depth);
  if (std::optional<Error> why = input.take_error()) {
    skip(member.name, *std::move(why));
  }
  return answer;
}

Result<void> Unpacker::visit_members(Kind kind, const Member& member, Input& input, std::size_t streams,
                                     std::size_t depth) {
  if (kind != Kind::tar && visitor_->wants_packed()) {
    visitor_->packed(member, input);
    input.seek(0);
  }
  if (kind == Kind::zip && !ascii_iends_with(member.name, ".zip") && is_document(input)) {
    note(member.name, "is a document or program package (Office, OpenDocument, Java …), not an archive of logs");
    return {};
  }
  OpenArchive archive(kind, input, options_->archive_passwords);
  Locked outer_locked = std::exchange(locked_, Locked{});
  std::uint64_t links = 0;
  Result<void> answer;
  while (answer && !stopped() && archive.more()) {
    Result<std::optional<ArchiveEntry>> entry = archive.next();
    if (entry && !*entry) {
      break;
    }
    if (++members_ > limits::archive_members_max) {
      broken_ = true;
      skip(member.name, Error{ErrorCode::limit,
                              root_name_ + " holds more than " + std::to_string(limits::archive_members_max) +
                                  " members; the rest of it is left out",
                              {},
                              "unpack it first, then read the folder"});
      break;
    }
    if (!entry) {
      skip(member.name, std::move(entry).error());
      continue;
    }
    const ArchiveEntry& found = **entry;
    if (found.type != ArchiveEntry::Type::file) {
      links += found.type == ArchiveEntry::Type::folder ? 0 : 1;
      continue;
    }
    const std::string path = member_path(found.path);
    const Member inner{.name = member.name + "!/" + path, .bytes = found.bytes, .modified = found.modified};
    if (const std::string_view why = left_out(path); !why.empty()) {
      note(inner.name, why);
      continue;
    }
    MemberSource bytes(*this, archive, kind);
    Input content(bytes, *visitor_);
    answer = visit(inner, content, streams, depth + 1);
    if (std::optional<Error> why = content.take_error()) {
      skip(inner.name, *std::move(why));
    }
  }
  if (links != 0) {
    note(member.name, plural(links, "link") + " and special files in it are not followed");
  }
  if (locked_.members != 0) {
    Error why = std::move(locked_.why);
    why.message += "; " + plural(locked_.members, "member") + " not read, the first is " + locked_.first;
    skip(member.name, std::move(why));
  }
  locked_ = std::move(outer_locked);
  return answer;
}

}  // namespace tocsin::source
