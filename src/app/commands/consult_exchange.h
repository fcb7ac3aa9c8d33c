// What 'consult import' and 'consult receive' share: merging what others hold into the folder of an item.
#pragma once

#include <memory>
#include <string>

#include "app/command.h"
#include "app/consult_desk.h"
#include "council/bundle.h"

namespace tocsin::app {

class Importer {
 public:
  explicit Importer(const Arguments& arguments);
  ~Importer();
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;
  // Makes the folder (--journal) where there is none, under --roster. Tells on stderr what was new and what was not
  // taken.
  Result<void> take(const std::string& name, const council::Bundle& bundle);
  // Prints the status; exit code 1 where something was not taken. After take().
  int finish();

 private:
  const Arguments& arguments_;
  std::unique_ptr<Desk> desk_;
  bool problems_ = false;
};

}  // namespace tocsin::app
