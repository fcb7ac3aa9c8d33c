#include "ingest/text/row_framer.h"

#include <utility>

#include "base/limits.h"

namespace tocsin::ingest {

// Gets more lines behind pending_, or finds that none follow. An error of the source is returned once pending_ is
// empty.
Result<bool> RowFramer::refill(Block& block) {
  if (waiting_) {
    whole_ = true;
    return false;
  }
  if (ended_) {
    whole_ = true;
    return false;
  }
  auto more = lines_.next(inner_);
  if (!more || !*more) {
    ended_ = true;
    whole_ = true;
    if (!more) {
      return std::unexpected(std::move(more).error());
    }
    return false;
  }
  block.unreadable += inner_.unreadable;
  for (event::Note& note : inner_.notes) {
    block.notes.push_back(std::move(note));
  }
  inner_.notes.clear();
  inner_.unreadable = 0;
  if (inner_.bytes.empty()) {
    return true;
  }
  if (pending_.empty()) {
    offset_ = inner_.offset;
    line_ = inner_.first_record;
  } else if (offset_ + pending_.size() != inner_.offset) {
    // Lines between were skipped: a quoted field does not go on behind them.
    waiting_ = true;
    whole_ = true;
    return false;
  }
  pending_ += inner_.bytes;
  return true;
}

Result<bool> RowFramer::next(Block& block) {
  block.bytes.clear();
  block.context.reset();
  block.notes.clear();
  block.unreadable = 0;
  std::size_t end = 0;
  std::uint64_t lines = 0;
  for (;;) {
    const std::string_view rest = std::string_view(pending_).substr(end);
    if (rest.empty()) {
      if (end != 0) {
        break;
      }
      if (waiting_) {
        waiting_ = false;
        whole_ = false;
        offset_ = inner_.offset;
        line_ = inner_.first_record;
        pending_.swap(inner_.bytes);
        continue;
      }
    } else {
      const std::size_t newline = rest.find('\n');
      if (newline != std::string_view::npos || whole_) {
        std::string_view line = rest.substr(0, newline);
        if (line.ends_with('\r')) {
          line.remove_suffix(1);
        }
        if (starts_block(line, end == 0) && end != 0) {
          break;
        }
        const wire::CsvRow row = wire::next_csv_row(rest, shape_, whole_);
        if (row.end != wire::CsvEnd::more) {
          end += row.bytes;
          lines += row.lines;
          if (end >= limits::block_bytes) {
            break;
          }
          continue;
        }
        if (end != 0) {
          break;  // hand out what is whole; the open row is looked at again with more text
        }
      }
    }
    auto more = refill(block);
    if (!more) {
      failed_ = std::move(more).error();
    }
    if (!whole_) {
      continue;
    }
    if (pending_.size() == end && !waiting_) {
      break;
    }
  }
  if (end == 0) {
    if (failed_) {
      Error error = *std::exchange(failed_, std::nullopt);
      return std::unexpected(std::move(error));
    }
    return block.unreadable != 0 || !block.notes.empty();
  }
  block.offset = offset_;
  block.first_record = line_;
  block.bytes.assign(pending_, 0, end);
  pending_.erase(0, end);
  offset_ += end;
  line_ += lines;
  finish(block);
  return true;
}

Rows::Rows(const Block& block, const wire::CsvShape& shape, const Codepage& page, Arena& arena)
    : rest_(block.bytes),
      number_(block.first_record),
      offset_(block.offset),
      shape_(shape),
      page_(page),
      arena_(arena),
      ascii_(all_ascii(block.bytes)),
      ended_(block.bytes.ends_with('\n')) {}

bool Rows::next(TextLine& row, wire::CsvEnd& end) {
  if (rest_.empty()) {
    return false;
  }
  const wire::CsvRow found = wire::next_csv_row(rest_, shape_, true);
  row = {rest_.substr(0, found.bytes), number_, offset_, false};
  end = found.end;
  rest_.remove_prefix(found.bytes);
  number_ += found.lines;
  offset_ += found.bytes;
  row.cut = rest_.empty() && !ended_;
  if (row.text.ends_with('\n')) {
    row.text.remove_suffix(1);
  }
  if (row.text.ends_with('\r')) {
    row.text.remove_suffix(1);
  }
  if (!ascii_) {
    row.text = to_utf8(row.text, page_, arena_);
  }
  return true;
}

}  // namespace tocsin::ingest
