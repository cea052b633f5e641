"""One vote per reader and story: the vote door and the rules of voting."""
