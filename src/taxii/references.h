// References: the ids that a version names, and whether one of them is hidden from a reader.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/result.h"
#include "store/store.h"

namespace tocsin::taxii {

// Every identifier of an object that stands in the bytes of another, wherever: in properties that refer, in lists, as
// keys, in the middle of a text for people. Sorted, each once, without `own`. `bytes` are those of an object that was
// admitted, which is JSON; in other bytes more may be found, never less.
std::vector<std::string> named_ids(std::string_view bytes, std::string_view own);
// The same by the JSON tokens of the bytes, which says what is meant and takes longer.
std::vector<std::string> named_ids_by_token(std::string_view bytes, std::string_view own);

// Follows what versions name. An object is hidden where others than the reader brought it and none of their versions
// may be seen; a version may not be seen where its class says so, or where it names a hidden object, since an
// identifier can tell what it stands for. Objects that are not in the collection are not hidden: there is nothing to
// tell of them. One for one view; remembers what it found.
class References {
 public:
  // Whether the class and the writer of a version allow it; asked of versions that are named.
  using Allowed = std::function<bool(const store::Record&)>;
  // Whether the reader holds the version anyhow, whatever it names.
  using Held = std::function<bool(const store::Record&)>;

  References(const store::Store& store, store::CollectionName collection, Allowed allowed, Held held)
      : store_(&store), collection_(collection), allowed_(std::move(allowed)), held_(std::move(held)) {}

  // Linear in what can be reached and was not reached before. Beyond limits::references_max objects of one view
  // everything that was not looked at counts as hidden.
  Result<bool> names_hidden(const store::Record& record);
  // Follows what all of these name at once, before they are asked about one by one: the store answers many questions
  // together sooner. Those prepared before are forgotten.
  Result<void> prepare(std::span<const store::RecordPointer> records);

 private:
  static constexpr std::uint32_t no_object = ~std::uint32_t{0};
  struct Version {
    std::uint32_t object = no_object;  // none: one that is asked about
    bool named_hidden = false;         // names what was hidden already
    bool hidden = false;
  };
  struct Object {
    bool present = false;  // in the collection, brought by another than the reader
    bool hidden = false;
    std::uint32_t open_versions = 0;           // that are not hidden, as far as is known
    std::vector<std::uint32_t> named_by = {};  // versions
  };
  // What a version names beyond the first ones.
  struct Rest {
    std::uint32_t version = 0;
    std::size_t named = 0;  // of the ids, those that were followed
    std::vector<std::string> ids = {};
  };

  std::uint32_t number_of(std::string_view id);
  std::uint32_t add_version(std::uint32_t object, const store::Record& record);
  void name(std::uint32_t version, std::string_view id);
  void hide(std::uint32_t number);
  Result<void> look_at(std::uint32_t number);
  Result<void> follow();
  Result<void> read_batch();

  const store::Store* store_;
  store::CollectionName collection_;
  Allowed allowed_;
  Held held_;
  std::deque<std::string> ids_;  // by number; they stay where they are
  boost::unordered_flat_map<std::string_view, std::uint32_t> numbers_;
  std::vector<Object> objects_;
  std::vector<Version> versions_;
  std::vector<Rest> rests_;
  std::vector<std::uint32_t> to_hide_;                                  // versions
  boost::unordered_flat_map<store::Sequence, std::uint32_t> prepared_;  // versions
  std::size_t followed_ = 0;                                            // objects before this one are done
  std::size_t batch_begin_ = 0;
  std::vector<std::vector<store::RecordPointer>> batch_;  // versions of the objects from batch_begin_ on
};

}  // namespace tocsin::taxii
