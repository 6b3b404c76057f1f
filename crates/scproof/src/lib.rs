//! Answers what AWS service control policies let pass: the library's front door.
