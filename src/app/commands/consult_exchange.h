// What 'consult import' and 'consult receive' share: merging what others hold into the folder of an item.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/consult_desk.h"
#include "council/bundle.h"

namespace tocsin::app {

class Importer {
 public:
  // What is said on stderr of a bundle that brought nothing and is whole.
  enum class Tells : std::uint8_t { all, what_is_new };
  explicit Importer(const Arguments& arguments, Tells tells = Tells::all);
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
  Tells tells_;
  std::unique_ptr<Desk> desk_;
  bool problems_ = false;
};

}  // namespace tocsin::app
