// Amendment: words of one paragraph of a draft that a member or the chair proposes to change. It binds to that text by
// its hash and says nothing of a later revision; whether it was accepted is read from the next draft, never stored.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/acts.h"
#include "council/paper.h"

namespace tocsin::council {

struct AmendmentWords {
  std::optional<Hash> draft = {};  // the newest where none is named
  std::string language = {};       // empty: the only one, else "en"
  std::size_t paragraph = 0;       // as it is numbered
  std::string operation = {};      // replace, insert-after, delete
  std::string old_words = {};      // once in the paragraph; empty: all of it (insert-after: a new paragraph behind it)
  std::string new_words = {};      // none with delete
  std::string text = {};           // why; may be empty
};
// Of a draft that no revision follows, whose text is held. Error usage.
Result<PaperPlan> amendment_paper(const Situation& situation, const AmendmentWords& words);

// Whether the draft holds what is to be changed. Errors: usage where draft or text are not held here, damaged where the
// amendment does not fit the text.
Result<void> amendment_fits(const Item& item, const Paper& paper);

// The amendment as one sentence: the paragraph with [-old-] and {+new+} words, and what became of it.
std::string amendment_words(const Item& item, const Paper& paper);

// The texts of the next revision: those of the draft with the named amendments (ids, or their beginnings) in them.
// `given` replaces other language versions. Errors: usage where two amendments want the same words, where the draft has
// a later revision, or where the text is set so that it must be written by hand; as amendment_fits().
struct ComposedRevision {
  Hash parent;
  std::vector<Text> texts;
  Manifest manifest;
  std::vector<std::string> words;
};
Result<ComposedRevision> compose_revision(const Item& item, std::span<const std::string> amendments,
                                          std::vector<Text> given);

}  // namespace tocsin::council
