//! Figures keep to their form: valid XML, every series there, nothing over data.
