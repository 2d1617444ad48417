import fc from 'fast-check';

// The same cases in every run: a rare counterexample must not turn an unchanged tree red. Another seed searches on by hand.
fc.configureGlobal({ seed: 42 });
