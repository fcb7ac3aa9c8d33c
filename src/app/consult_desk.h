// Desk: what the commands of a consultation share: the folder, the reader's time zone, the key, and the question
// whether the words that are shown may be signed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/journal_folder.h"
#include "consult/verifier.h"
#include "council/acts.h"
#include "council/consultation.h"
#include "council/paper.h"
#include "stix/secret_key.h"
#include "stix/tlp.h"

namespace tocsin::app {

// The options that the commands share.
Option journal_option();
Option zone_option();
std::vector<Option> signing_options(std::vector<Option> more);  // with --journal, --key, --yes, --passphrase-file

// --timezone, else the machine's own zone where it has a name, else UTC.
Result<council::TimeWords> reader_time(const Arguments& arguments);
consult::Seconds now_seconds();

// A moment with its zone: "2026-03-01T10:00:00Z", or with another offset. A date without a time, or a time without a
// zone, is nobody's deadline. Error usage, also where the option is missing.
Result<consult::Seconds> read_moment(const Arguments& arguments, std::string_view option);
// --text or --text-file; empty where neither was given.
Result<std::string> read_words(const Arguments& arguments);
Option text_file_option();
// --tlp: a marking of TLP 2.0. Error usage.
Result<const stix::TlpMarking*> read_tlp(const Arguments& arguments, stix::TlpColor otherwise);
// As they were typed: values may hold commas.
std::vector<std::string> as_typed(const Arguments& arguments, std::string_view option);

// A key whose secret is opened only when something is signed.
class FileKeys final : public council::Keys {
 public:
  // --key: reads the public part. Error usage where the option is missing.
  static Result<std::unique_ptr<FileKeys>> read(const Arguments& arguments);
  ~FileKeys() override;
  FileKeys(const FileKeys&) = delete;
  FileKeys& operator=(const FileKeys&) = delete;
  trust::Ed25519Key public_key() const override { return public_; }
  const std::string& document() const { return document_; }
  // Asks for the passphrase. Error password.
  Result<void> unlock();
  Result<trust::Ed25519Signature> sign(std::string_view bytes) override;

 private:
  explicit FileKeys(const Arguments& arguments) : arguments_(arguments) {}
  const Arguments& arguments_;
  std::string text_;
  std::string document_;
  trust::Ed25519Key public_{};
  trust::Ed25519Seed seed_{};
  bool open_ = false;
};

// An item in a folder, opened to write.
class Desk {
 public:
  // `keys` null: nothing will be signed. Borrows it.
  static Result<std::unique_ptr<Desk>> open(const Arguments& arguments, FileKeys* keys);
  static Result<std::unique_ptr<Desk>> open(std::unique_ptr<JournalFolder> folder, FileKeys* keys);
  council::Consultation& consultation() { return *consultation_; }
  council::Item& item() { return consultation_->item(); }
  // The participant whose key it is; without a key, whoever signed here.
  const std::string& author() const { return author_; }

 private:
  Desk() = default;
  struct Ports;
  consult::Ed25519Verifier verifier_;
  std::unique_ptr<JournalFolder> folder_;
  std::shared_ptr<Ports> ports_;
  std::unique_ptr<council::Consultation> consultation_;
  std::string author_;
};

// An item for reading alone.
struct ReadItem {
  consult::Ed25519Verifier verifier;
  std::unique_ptr<council::Item> item;
};
Result<std::unique_ptr<ReadItem>> read_item(const Arguments& arguments);
// --ended: the folder of an ended item, or an exported one (believed under --ended-roster, else under `roster`). Null
// where the option is missing.
Result<std::unique_ptr<ReadItem>> read_ended(const Arguments& arguments, const consult::Hash& roster);
std::vector<Option> ended_options();

// The words with the mark of an exercise before them, where the item is one.
std::vector<std::string> marked_words(const council::Item& item, std::vector<std::string> words);
// Shows the words and asks; with --yes only shows them. False with --preview, which prints them and signs nothing.
// Error usage where nobody is there to ask, or the answer is no.
Result<bool> confirm(const Arguments& arguments, const std::vector<std::string>& words,
                     const std::vector<std::string>& warnings);

// A command that signs one act: shows it, asks, signs, and tells what to do next.
int run_act(const Arguments& arguments, const std::function<Result<council::Act>(const council::Situation&)>& make);
// The same for several acts, with texts that are put into the folder before; they leave it only with a draft.
Result<int> sign_acts(const Arguments& arguments,
                      const std::function<Result<std::vector<council::Act>>(const council::Situation&)>& make,
                      const std::vector<council::Record>& records = {});

// Error io.
Result<void> write_file(const std::string& path, std::string_view text);

// A command that signs a paper beside the text: shows it, asks, signs, keeps it. Exit 1 where it is a refusal.
int lay_paper(const Arguments& arguments,
              const std::function<Result<council::PaperPlan>(const council::Situation&)>& make);

}  // namespace tocsin::app
