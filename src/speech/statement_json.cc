#include "speech/statement_json.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "wire/json.h"

namespace tocsin::speech {
namespace {

using wire::JsonWriter;

void text_or_null(JsonWriter& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

void strings(JsonWriter& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const std::string& text : texts) {
    out.string(text);
  }
  out.end_array();
}

void write_manifestation(JsonWriter& out, const Manifestation& one) {
  out.begin_object().member("file", one.file).member("media", one.media).member("raw_sha256", one.raw_sha256);
  out.key("numbered").boolean(one.numbered);
  out.key("paragraphs").begin_array();
  for (const Paragraph& paragraph : one.paragraphs) {
    out.begin_object().key("n").number(std::uint64_t{paragraph.number});
    out.key("sentences").number(std::uint64_t{paragraph.sentences.size()});
    out.member("l1", paragraph.l1).member("l2", paragraph.l2).member("text", paragraph.text).end_object();
  }
  out.end_array().member("text_l1", one.text_l1);
  text_or_null(out, "title", one.title);
  text_or_null(out, "reference", one.reference);
  text_or_null(out, "issued_in_text", one.issued_in_text);
  text_or_null(out, "last_updated", one.last_updated);
  text_or_null(out, "utc_offset", one.utc_offset);
  out.key("incomplete").begin_array();
  for (const std::size_t number : one.incomplete) {
    out.number(std::uint64_t{number});
  }
  out.end_array();
  strings(out, "header", one.header);
  strings(out, "footer", one.footer);
  out.key("dropped").begin_array();
  for (const Dropped& line : one.dropped) {
    out.begin_object().key("line").number(std::uint64_t{line.line});
    out.member("text", line.text).member("reason", line.reason).end_object();
  }
  out.end_array().key("dropped_total").number(std::uint64_t{one.dropped_total}).end_object();
}

std::string quote_of(const Manifestation& manifestation, const Clause& clause) {
  const Paragraph* paragraph = manifestation.paragraph(clause.paragraph);
  return paragraph == nullptr ? std::string()
                              : paragraph->text.substr(clause.quote.begin, clause.quote.end - clause.quote.begin);
}

// The words that both end with are said once: "the daily lives | the livelihoods of our citizens".
std::string side_by_side(const std::string& a, const std::string& b) {
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[a.size() - 1 - same] == b[b.size() - 1 - same]) {
    ++same;
  }
  while (same > 0 && a[a.size() - same] != ' ') {
    --same;
  }
  return a.substr(0, a.size() - same) + " | " + b;
}

// What the manifestations say, once where they agree, else "a | b".
template <class Member>
std::string either(const MergedClause& clause, Member member) {
  std::vector<std::string> said;
  for (const Clause* one : clause.files) {
    if (one != nullptr && std::find(said.begin(), said.end(), one->*member) == said.end()) {
      said.push_back(one->*member);
    }
  }
  if (said.size() == 2) {
    return side_by_side(said[0], said[1]);
  }
  std::string out;
  for (const std::string& text : said) {
    out += (out.empty() ? "" : " | ") + text;
  }
  return out;
}

void write_clause(JsonWriter& out, const MergedClause& merged, const std::vector<Manifestation>& manifestations) {
  std::size_t first = 0;
  while (merged.files[first] == nullptr) {
    ++first;
  }
  const Clause& one = *merged.files[first];
  out.begin_object().member("id", merged.id).key("paragraph").number(std::uint64_t{one.paragraph});
  out.member("kind", clause_kind_text(one.kind))
      .member("actor", one.actor)
      .member("verb", either(merged, &Clause::verb));
  text_or_null(out, "act", one.act);
  text_or_null(out, "class", one.act_class);
  out.key("strength");
  if (one.strength == 0) {
    out.null();
  } else {
    out.number(one.strength);
  }
  out.member("object", either(merged, &Clause::object)).key("addressee").begin_object();
  strings(out, "set", one.addressee_set);
  strings(out, "named", one.addressee_named);
  out.end_object();
  strings(out, "hedges", one.hedges);
  strings(out, "cites", one.cites);
  const std::string quote = quote_of(manifestations[first], one);
  out.member("quote", quote);
  bool same = true;
  for (std::size_t i = 0; i < merged.files.size(); ++i) {
    same = same && merged.files[i] != nullptr && quote_of(manifestations[i], *merged.files[i]) == quote;
  }
  if (!same) {
    out.key("quotes").begin_object();
    for (std::size_t i = 0; i < merged.files.size(); ++i) {
      if (merged.files[i] != nullptr) {
        out.member(manifestations[i].file, quote_of(manifestations[i], *merged.files[i]));
      }
    }
    out.end_object();
  }
  if (one.about_attribution) {
    out.key("attributes").boolean(one.attributes);
    strings(out, "claimants", one.claimants);
    out.key("claimants_open").boolean(one.claimants_open);
    text_or_null(out, "attributed_to", one.attributed_to);
  }
  out.key("confidence").number(one.confidence).end_object();
}

}  // namespace

std::vector<MergedClause> merge_clauses(const std::vector<Clauses>& clauses) {
  std::vector<MergedClause> out;
  if (clauses.empty()) {
    return out;
  }
  for (const Clause& clause : clauses[0].clauses) {
    out.push_back({clause.id, std::vector<const Clause*>(clauses.size(), nullptr)});
    out.back().files[0] = &clause;
  }
  for (std::size_t file = 1; file < clauses.size(); ++file) {
    // Acts in order align the clauses; what is only here is put in where it stands.
    boost::unordered_flat_map<std::string, std::uint32_t> ids;
    const auto key = [&](const Clause& clause) {
      return ids
          .try_emplace(std::string(clause_kind_text(clause.kind)) + "|" + std::string(clause.act) + "|" + clause.actor,
                       static_cast<std::uint32_t>(ids.size()))
          .first->second;
    };
    std::vector<std::uint32_t> left;
    std::vector<std::uint32_t> right;
    for (const MergedClause& merged : out) {
      for (const Clause* one : merged.files) {
        if (one != nullptr) {
          left.push_back(key(*one));
          break;
        }
      }
    }
    for (const Clause& clause : clauses[file].clauses) {
      right.push_back(key(clause));
    }
    std::vector<MergedClause> next;
    std::size_t i = 0;
    std::size_t j = 0;
    const auto take_pairs = [&](std::size_t until) {
      for (; i < until; ++i, ++j) {
        next.push_back(std::move(out[i]));
        next.back().files[file] = &clauses[file].clauses[j];
      }
    };
    for (const Hunk& hunk : diff(left, right)) {
      take_pairs(hunk.a_begin);
      for (; i < hunk.a_end; ++i) {
        next.push_back(std::move(out[i]));
      }
      for (; j < hunk.b_end; ++j) {
        next.push_back({clauses[file].clauses[j].id, std::vector<const Clause*>(clauses.size(), nullptr)});
        next.back().files[file] = &clauses[file].clauses[j];
      }
    }
    take_pairs(out.size());
    out = std::move(next);
  }
  return out;
}

std::string clause_of(const Difference& difference, const std::vector<Manifestation>& manifestations,
                      const std::vector<MergedClause>& clauses) {
  const auto inside = [&](std::size_t file, const MergedClause& merged) {
    const Clause* one = file < merged.files.size() ? merged.files[file] : nullptr;
    const std::size_t index = file == 0 ? difference.a_paragraph : difference.b_paragraph;
    const Span& span = file == 0 ? difference.a_span : difference.b_span;
    return one != nullptr && index < manifestations[file].paragraphs.size() &&
           manifestations[file].paragraphs[index].number == one->paragraph && span.begin < one->quote.end &&
           span.end > one->quote.begin;
  };
  for (std::size_t file = 0; file < 2 && file < manifestations.size(); ++file) {
    const MergedClause* best = nullptr;
    std::size_t length = 0;
    for (const MergedClause& merged : clauses) {
      if (!inside(file, merged)) {
        continue;
      }
      const std::size_t size = merged.files[file]->quote.end - merged.files[file]->quote.begin;
      if (best == nullptr || size < length) {
        best = &merged;
        length = size;
      }
    }
    if (best != nullptr) {
      return best->id;
    }
  }
  return {};
}

std::string statement_json(const StatementParts& parts) {
  const Manifestation* named = &parts.manifestations.front();
  for (const Manifestation& one : parts.manifestations) {
    if (!work_id(one).empty()) {
      named = &one;
      break;
    }
  }
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  text_or_null(out, "work", work_id(*named));
  text_or_null(out, "issuer", named->issuer);
  text_or_null(out, "issued", named->issued);
  text_or_null(out, "language", parts.manifestations.front().language);
  out.key("numbered").boolean(parts.manifestations.front().numbered);
  out.key("manifestations").begin_array();
  for (const Manifestation& one : parts.manifestations) {
    write_manifestation(out, one);
  }
  out.end_array();
  const std::vector<MergedClause> merged =
      parts.clauses == nullptr ? std::vector<MergedClause>() : merge_clauses(*parts.clauses);
  if (parts.clauses != nullptr) {
    out.key("clauses").begin_array();
    for (const MergedClause& clause : merged) {
      write_clause(out, clause, parts.manifestations);
    }
    out.end_array();
    bool truncated = false;
    for (const Clauses& one : *parts.clauses) {
      truncated = truncated || one.truncated;
    }
    if (truncated) {
      out.key("clauses_truncated").boolean(true);
    }
  }
  if (parts.comparison != nullptr) {
    out.key("differences").begin_array();
    for (const Difference& one : parts.comparison->differences) {
      out.begin_object().key("paragraph").number(std::uint64_t{one.paragraph});
      out.key("sentence").number(std::uint64_t{one.sentence});
      out.member("class", difference_class_text(one.kind)).member("a", one.a).member("b", one.b);
      out.member("a_file", parts.manifestations[0].file).member("b_file", parts.manifestations[1].file);
      text_or_null(out, "clause", clause_of(one, parts.manifestations, merged));
      out.end_object();
    }
    out.end_array().member("verdict", parts.comparison->verdict());
    out.key("same_paragraphs").boolean(parts.comparison->same_paragraphs);
    if (parts.comparison->truncated) {
      out.key("differences_truncated").boolean(true);
    }
  }
  out.end_object();
  return text;
}

}  // namespace tocsin::speech
