"""What a mesh is: frozen data, standard library only, no logic beyond validation."""
