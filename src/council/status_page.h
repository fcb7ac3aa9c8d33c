// Status page and record: where a consultation stands for one reader, and what is put into the archives.
#pragma once

#include <string>
#include <string_view>

#include "council/item.h"
#include "council/time_words.h"
#include "council/verdict.h"

namespace tocsin::council {

// Deadlines, who passed, who has not, breaks and by how many witnesses they are held, what a close still needs, and
// warnings. `author` may be empty: nobody in particular reads. `ended`: the item that this one takes up again, where it
// is at hand.
std::string status_page(Item& item, std::string_view author, Seconds now, const TimeWords& time, Item* ended = nullptr);

// Every entry in the order of its time: when, who, what, in which words, and whether it counts; then the papers beside
// the text, with what the gate says of them now.
std::string log_page(Item& item, Seconds now, const TimeWords& time);
// One entry as a sentence.
std::string entry_words(const Item& item, const consult::Entry& entry, const TimeWords& time);

// The record of a verified bundle: verdict, who decided what and in which words, the text, every act, the keys. As
// text, or as one HTML page that prints well and needs nothing else.
struct RecordOptions {
  std::string_view roster;  // the hash that was trusted
  const TimeWords& time;
  Seconds made = 0;
};
std::string record_text(const Verdict& verdict, const RecordOptions& options);
std::string record_html(const Verdict& verdict, const RecordOptions& options);

}  // namespace tocsin::council
