#include <algorithm>

#include "speech/clause.h"
#include "speech/limits.h"
#include "speech/sentence_reader.h"

namespace tocsin::speech {

Clauses find_clauses(const Manifestation& manifestation) {
  Clauses out;
  if (!manifestation.language.empty() && manifestation.language != "en") {
    return out;
  }
  for (const Paragraph& paragraph : manifestation.paragraphs) {
    const std::size_t first = out.clauses.size();
    double voice = 0.0;
    for (const Span& sentence : paragraph.sentences) {
      if (out.clauses.size() >= limits::clauses_max) {
        out.truncated = true;
        break;
      }
      SentenceReader(paragraph, sentence, voice, out.clauses).read();
    }
    std::stable_sort(out.clauses.begin() + static_cast<std::ptrdiff_t>(first), out.clauses.end(),
                     [](const Clause& a, const Clause& b) { return a.quote.begin < b.quote.begin; });
    for (std::size_t i = first; i < out.clauses.size(); ++i) {
      out.clauses[i].id = std::to_string(paragraph.number) + "." + std::to_string(i - first + 1);
    }
  }
  return out;
}

}  // namespace tocsin::speech
