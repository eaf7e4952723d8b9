"""Nothing to configure; without this file nbgrader tells every student at every start that there is none."""
