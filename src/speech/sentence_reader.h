// SentenceReader: one sentence taken apart into clauses: fronted parts, subject and finite verb, and what hangs on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "speech/clause.h"
#include "speech/lexicon.h"
#include "speech/sentence_grammar.h"

namespace tocsin::speech {

// A part of a predicate that is a clause of its own.
enum class CutKind : std::uint8_t { relative, qualifier, means, including, purpose, participle };
struct Cut {
  std::size_t at;    // first token of the part
  std::size_t word;  // the token behind its opening words
  CutKind kind;
};

class SentenceReader {
 public:
  // `voice` is how sure it is that the subject before spoke for the issuer; kept up for the next sentence.
  SentenceReader(const Paragraph& paragraph, const Span& sentence, double& voice, std::vector<Clause>& out)
      : paragraph_(paragraph),
        tokens_(tokens_of(paragraph.text, sentence.begin, sentence.end)),
        voice_before_(voice),
        out_(out) {}
  // Appends the clauses of the sentence, in no particular order.
  void read();

 private:
  struct Front {
    std::size_t begin;
    std::size_t end;
    std::size_t word;
    ActMatch match;  // pattern null: a qualifier
  };
  struct Predicate {
    std::string actor;
    double voice = 0.0;
    std::size_t begin = 0;  // of the quote
    std::size_t verb = 0;
    std::size_t end = 0;
    const ActPattern* inherited = nullptr;  // "will … and support": the second verb is in the first one's act
  };
  // Verbs of a list before one object: "deter, defend against, and counter the threats".
  struct ListedVerb {
    std::size_t begin;
    std::size_t end;
  };

  // ---- Text of tokens ---------------------------------------------------------------------------------------

  // Without marks and conjunctions that only tie it to what follows.
  std::size_t trimmed_end(std::size_t begin, std::size_t end) const;
  std::string text(std::size_t begin, std::size_t end) const;
  Span span(std::size_t begin, std::size_t end) const;
  // The words of a verb without adverbs that only tie it to what went before.
  std::string verb_text(std::size_t begin, std::size_t end) const;
  Clause& add(std::size_t begin, std::size_t end, ClauseKind kind, std::string actor);
  static void perform(Clause& clause, const ActPattern& act, double confidence);

  // ---- A clause with subject and verb -------------------------------------------------------------------------

  // Could a subject begin here?
  bool begins_subject(std::size_t at, std::size_t end) const;
  // The comma that ends a fronted part: behind it stand a subject and its verb.
  std::size_t end_of_front(std::size_t at, std::size_t end) const;
  // Reads one clause with all that hangs on it; gives the token from which to go on.
  std::size_t read_clause(std::size_t at, std::size_t end);
  static bool verb_is_ing(std::string_view word);
  void add_front(const Front& front, const std::string& actor, double voice);

  // ---- Predicates ---------------------------------------------------------------------------------------------

  std::size_t read_predicate(Predicate predicate);
  // Reads a predicate up to the next one of the same subject, which is given back; end_of_read_ says how far it got.
  std::optional<Predicate> read_one(const Predicate& predicate);
  // A pattern of one common word is an act only with what makes it one.
  bool is_real_act(const ActPattern& pattern, std::size_t at, std::size_t end) const;
  // Where this predicate ends: at the next finite verb of the same subject, or at a new subject with its verb.
  std::size_t find_end(const Predicate& predicate, const VerbGroup& group, const ActPattern* act, std::size_t behind,
                       std::optional<Predicate>& next);
  std::optional<Predicate> same_subject(const Predicate& predicate, const VerbGroup& group, const ActPattern* act,
                                        std::size_t verb, bool after_comma, bool told, std::size_t behind,
                                        std::size_t j) const;
  bool is_determiner_at(std::size_t at, std::size_t end) const;
  // Does an infinitive of purpose stand between ("will cooperate with partners to deter and counter X")?
  bool in_infinitive(std::size_t begin, std::size_t end) const;

  // ---- What hangs on a predicate ------------------------------------------------------------------------------

  // Purposes that are part of a list: ", to V", "and to V", "as well as to V", "in order to V", "to V" behind an
  // object.
  std::size_t purpose_at(std::size_t i, std::size_t end, bool needs_comma) const;
  std::vector<Cut> find_cuts(std::size_t begin, std::size_t end, const ActPattern* act) const;
  // The noun phrase that a part behind it hangs on: the last one before `at`.
  std::string antecedent(std::size_t begin, std::size_t at) const;
  void add_parts(const std::vector<Cut>& cuts, std::size_t begin, std::size_t end, const Predicate& predicate,
                 const ActPattern* act, double confidence);
  // "on A, on B, and on C" as its members.
  static std::string without_repeated(std::string text, std::string_view word);
  // "including through full implementation of the Pledge": the commitment made concrete.
  void add_including(const Cut& cut, std::size_t stop, const Predicate& predicate, const ActPattern& act,
                     double confidence);
  // "by promoting A and the B": acts of their own, limiting how.
  void add_means(const Cut& cut, std::size_t stop, const Predicate& predicate, double confidence);
  std::vector<ListedVerb> listed_verbs(std::size_t at, std::size_t end) const;
  void add_purpose(const std::vector<Cut>& cuts, std::size_t c, std::size_t end, const Predicate& predicate,
                   const ActPattern* act, double confidence);
  // ", which are designed to A and harm B and disrupt C": each verb with its own object is told by itself.
  void add_relative(const Cut& cut, std::size_t before, std::size_t stop);
  Clause& add_told(std::size_t begin, std::size_t end, std::size_t verb_begin, std::size_t verb_end,
                   const std::string& actor, double confidence);
  // ", targeting our A and B": victims are told one by one.
  void add_participle(const Cut& cut, std::size_t begin, std::size_t first, std::size_t stop);

  // ---- Clauses ------------------------------------------------------------------------------------------------

  void add_fact(const Predicate& predicate, const VerbGroup& group, std::size_t stop);
  void add_performed(const Predicate& predicate, const VerbGroup& group, const ActMatch& match, std::size_t stop);
  // "remain committed to uphold", "will continue to adapt": the infinitive is part of what is worded.
  std::size_t verb_and_infinitive(const ActPattern& act, std::size_t at, std::size_t end) const;
  std::string object_text(std::size_t begin, std::size_t end) const;
  // "statements by Allies, such as A and B, attributing …": whose they are stands in the claimants.
  static void leave_out_claimants(Clause& made);
  // "dialogue with China": who is meant.
  void name_partner(Clause& made) const;
  // "call on X to A and to B": one clause for each conduct, so that each can be answered.
  void add_conducts(const Predicate& predicate, const ActPattern& act, const std::string& verb, std::size_t at,
                    std::size_t end, double confidence);
  bool is_base(std::size_t at, std::size_t end) const;
  // Are the words [begin, end) only verbs ("respect and uphold")? Then they share an object.
  bool verbs_until(std::size_t begin, std::size_t end) const;

  const Paragraph& paragraph_;
  std::vector<Token> tokens_;
  double& voice_before_;
  std::vector<Clause>& out_;
  std::size_t end_of_read_ = 0;
};

}  // namespace tocsin::speech
